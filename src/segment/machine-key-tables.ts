/** The tables over the keys that the merge kernel has listed, made by it and in its memory. */

import { Control } from '../kernel/merge-layout.ts'
import type { MergeMachine } from '../kernel/merge-machine.ts'
import { BlockMemory } from './block-memory.ts'
import { emptyFilter, filterShapeFor } from './filter.ts'
import { emptySlot, slotCountFor } from './hash-index.ts'
import { type KeyTables, keysPerStep } from './key-tables.ts'

export class MachineKeyTables implements KeyTables {
  readonly count: number
  readonly #machine: MergeMachine

  constructor(machine: MergeMachine) {
    this.#machine = machine
    this.count = machine.get(Control.keyCount)
  }

  *buildHashIndex(): Generator<void, BlockMemory> {
    const slotCount = slotCountFor(this.count)
    const { at, memory } = this.#reserve(slotCount * 4)
    memory.words.fill(emptySlot)
    for (let key = 0; key < this.count; key += keysPerStep) {
      this.#machine.fillHashIndex(at, slotCount, key, Math.min(key + keysPerStep, this.count))
      yield
    }
    return memory
  }

  *buildFilter(): Generator<void, BlockMemory> {
    const { blockCount, probeCount, sizeBytes } = filterShapeFor(this.count)
    const { at, memory } = this.#reserve(sizeBytes)
    emptyFilter(memory)
    for (let key = 0; key < this.count; key += keysPerStep) {
      this.#machine.fillFilter(at, blockCount, probeCount, key, Math.min(key + keysPerStep, this.count))
      yield
    }
    return memory
  }

  /** One table after the other lies at the same place. */
  takeBack(): void {}

  #reserve(sizeBytes: number): { at: number; memory: BlockMemory } {
    const at = this.#machine.reserveBehindKeys(sizeBytes)
    return { at, memory: new BlockMemory(sizeBytes, this.#machine.bytes.buffer as ArrayBuffer, at) }
  }
}
