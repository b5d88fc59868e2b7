/**
 * When a loop of operations stops, and when it lets the event loop turn. All clients of a loop share one pace: an
 * engine whose calls block would else run through all of its clients before anything else had its turn.
 */
import { nextTurn } from './workload.mjs'

const turnEvery = 256
const lookEvery = 16

export class Pace {
  isOver = false
  #deadline
  /** @type {Promise<void> | undefined} */
  #turn

  /** @param {number} deadline by `performance.now()` */
  constructor(deadline) {
    this.#deadline = deadline
  }

  /**
   * To be called after each operation.
   *
   * @param {number} place the operation's number
   * @returns {Promise<void> | undefined} what to wait for, if anything
   */
  step(place) {
    if (place % lookEvery === 0 && performance.now() > this.#deadline) this.isOver = true
    if (place % turnEvery === 0 && this.#turn === undefined) this.#turn = this.#oneTurn()
    return this.#turn
  }

  async #oneTurn() {
    await nextTurn()
    this.#turn = undefined
  }
}
