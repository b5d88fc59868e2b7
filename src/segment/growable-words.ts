/** A list of unsigned 32-bit numbers that grows by doubling; what a segment's writer gathers its index in. */
import { giveBuffer, takeBuffer } from './spare-buffers.ts'

const startSizeBytes = 1024

export class GrowableWords {
  words: Uint32Array = new Uint32Array(takeBuffer(startSizeBytes))
  length = 0

  push(word: number): void {
    if (this.length === this.words.length) this.#grow()
    this.words[this.length] = word
    this.length += 1
  }

  /** Hands the memory on; the list is not used any more. */
  release(): void {
    giveBuffer(this.words.buffer as ArrayBuffer)
    this.words = new Uint32Array(0)
    this.length = 0
  }

  #grow(): void {
    const grown = new Uint32Array(takeBuffer(this.words.byteLength * 2))
    grown.set(this.words)
    giveBuffer(this.words.buffer as ArrayBuffer)
    this.words = grown
  }
}
