/**
 * The merge kernel with its memory: one for each merge under way, used again for the next. Nobody else sees the
 * memory, so it may grow; whoever holds a view over it asks for a new one after a call that can make it grow.
 */
import { isPlainKernelWanted } from './kernel-choice.ts'
import { Control, dynamicAt, listedKeySizeBytes, type MergeExit, Source } from './merge-layout.ts'
import { mergeModule } from './merge-module.ts'
import { moduleBytesOf, webAssembly } from './web-assembly.ts'

const pageSizeBytes = 65_536
const startPageCount = 16
/** A machine that needed more is not kept: most merges need far less. */
const keptSizeBytesMax = 32 * 1024 * 1024
const keptCountMax = 2
const startKeyCapacity = 8192

interface MergeExports {
  beginMerge(): void
  beginSegment(): void
  finishBlocks(): void
  run(byteBudget: number): number
  hash(start: number, end: number, seedHigh: number, seedLow: number): void
  fillHashIndex(slots: number, slotCount: number, from: number, to: number): void
  expandBlock(from: number, to: number): number
  fillFilter(filter: number, blockCount: number, probeCount: number, from: number, to: number): void
}

interface GrowingMemory {
  readonly buffer: ArrayBuffer
  grow(pageCount: number): number
}

/** How a merge uses the memory. */
export interface MergeShape {
  readonly sourceCount: number
  /** Of each source. */
  readonly windowSizeBytes: number
  readonly liveSequences: readonly number[]
  readonly outputSizeBytes: number
}

const spares: MergeMachine[] = []
/** Compiled once a thread; `null` where the platform refuses it. */
let compiled: object | null | undefined

/** A machine, or `undefined` where there is no compiled kernel: the twin in TypeScript does it then. */
export function takeMergeMachine(): MergeMachine | undefined {
  if (isPlainKernelWanted()) return undefined
  return spares.pop() ?? createMergeMachine()
}

/** Hands the machine on. Nobody may use it any more. */
export function giveMergeMachine(machine: MergeMachine): void {
  if (machine.bytes.length <= keptSizeBytesMax && spares.length < keptCountMax) spares.push(machine)
}

function createMergeMachine(): MergeMachine | undefined {
  if (webAssembly === undefined) return undefined
  try {
    if (compiled === undefined) compiled = new webAssembly.Module(moduleBytesOf(mergeModule))
    if (compiled === null) return undefined
    const memory = new webAssembly.Memory({ initial: startPageCount })
    const { exports } = new webAssembly.Instance(compiled, { env: { memory } })
    return new MergeMachine(exports as MergeExports, memory as GrowingMemory)
  } catch (error) {
    // Out of address space just now: the next merge may try again.
    if (!(error instanceof RangeError)) compiled = null
    return undefined
  }
}

export class MergeMachine {
  readonly #exports: MergeExports
  readonly #memory: GrowingMemory
  #bytes: Uint8Array
  #words: Uint32Array
  #windowsAt = 0
  #windowSizeBytes = 0
  #keysAt = 0

  constructor(exports: MergeExports, memory: GrowingMemory) {
    this.#exports = exports
    this.#memory = memory
    this.#bytes = new Uint8Array(memory.buffer)
    this.#words = new Uint32Array(memory.buffer)
  }

  /** The whole memory. Not to be kept across calls that may make it grow. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The same as words. */
  get words(): Uint32Array {
    return this.#words
  }

  /** Lays the memory out and begins a merge. Nothing of an earlier one is left. */
  begin({ sourceCount, windowSizeBytes, liveSequences, outputSizeBytes }: MergeShape): void {
    const sourcesAt = dynamicAt
    const orderAt = sourcesAt + sourceCount * Source.sizeBytes
    const liveAt = aligned(orderAt + sourceCount * 4)
    const outputAt = aligned(liveAt + liveSequences.length * 8)
    this.#windowsAt = aligned(outputAt + outputSizeBytes)
    this.#windowSizeBytes = windowSizeBytes
    this.#keysAt = this.#windowsAt + sourceCount * windowSizeBytes
    this.#reach(this.#keysAt + startKeyCapacity * listedKeySizeBytes)
    this.#words.fill(0, sourcesAt >>> 2, liveAt >>> 2)
    this.set(Control.sourceCount, sourceCount)
    this.set(Control.sources, sourcesAt)
    this.set(Control.order, orderAt)
    this.set(Control.liveSequences, liveAt)
    this.set(Control.liveCount, liveSequences.length)
    for (const [i, sequence] of liveSequences.entries()) this.setLong(liveAt + 8 * i, sequence)
    this.set(Control.output, outputAt)
    this.set(Control.outputSize, outputSizeBytes)
    this.set(Control.outputUsed, 0)
    this.set(Control.blockListCount, 0)
    this.set(Control.separatorsUsed, 0)
    this.set(Control.isSegmentOpen, 0)
    this.set(Control.keys, this.#keysAt)
    this.set(Control.keyCapacity, startKeyCapacity)
    this.#exports.beginMerge()
  }

  /** Goes on for about `byteBudget` bytes of keys and values, or until the owner is needed. */
  run(byteBudget: number): MergeExit {
    return this.#exports.run(byteBudget) as MergeExit
  }

  beginSegment(): void {
    this.#exports.beginSegment()
  }

  finishBlocks(): void {
    this.#exports.finishBlocks()
  }

  /** XXH64 of a range of the memory, left in `Control.hashLow` and `hashHigh`. */
  hash(start: number, end: number, seedHigh: number, seedLow: number): void {
    this.#exports.hash(start, end, seedHigh, seedLow)
  }

  /**
   * Expands the checked, compressed block at `from` to `to`, where there is room for a plain one that fits a cache;
   * the two may overlap. `false`: its bytes do not decompress to what its header says.
   */
  expandBlock(from: number, to: number): boolean {
    return this.#exports.expandBlock(from, to) !== 0
  }

  /** Enters keys `from` to `to` (exclusive) of the list. */
  fillHashIndex(slotsAt: number, slotCount: number, from: number, to: number): void {
    this.#exports.fillHashIndex(slotsAt, slotCount, from, to)
  }

  fillFilter(filterAt: number, blockCount: number, probeCount: number, from: number, to: number): void {
    this.#exports.fillFilter(filterAt, blockCount, probeCount, from, to)
  }

  /** Makes the list of keys twice as long. */
  growKeys(): void {
    const capacity = this.get(Control.keyCapacity) * 2
    this.#reach(this.#keysAt + capacity * listedKeySizeBytes)
    this.set(Control.keyCapacity, capacity)
  }

  /** `sizeBytes` behind the list of keys as it is, for a table of them; good until the list or a table grows. */
  reserveBehindKeys(sizeBytes: number): number {
    const at = aligned(this.#keysAt + this.get(Control.keyCount) * listedKeySizeBytes)
    this.#reach(at + sizeBytes)
    return at
  }

  sourceAt(index: number): number {
    return this.get(Control.sources) + index * Source.sizeBytes
  }

  windowAt(index: number): number {
    return this.#windowsAt + index * this.#windowSizeBytes
  }

  get windowSizeBytes(): number {
    return this.#windowSizeBytes
  }

  get(position: number): number {
    return this.#words[position >>> 2] as number
  }

  set(position: number, word: number): void {
    this.#words[position >>> 2] = word
  }

  /** A number of 64 bits; above 2^53 it loses precision. */
  getLong(position: number): number {
    return this.get(position) + this.get(position + 4) * 0x1_0000_0000
  }

  setLong(position: number, value: number): void {
    this.set(position, value % 0x1_0000_0000)
    this.set(position + 4, Math.floor(value / 0x1_0000_0000))
  }

  /** Makes the memory reach to `end`. */
  #reach(end: number): void {
    const missing = end - this.#bytes.length
    if (missing <= 0) return
    this.#memory.grow(Math.ceil(missing / pageSizeBytes))
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#words = new Uint32Array(this.#memory.buffer)
  }
}

function aligned(position: number): number {
  return (position + 7) & ~7
}
