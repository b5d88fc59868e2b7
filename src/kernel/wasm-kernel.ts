/**
 * The kernel in WebAssembly, compiled from assembly/table: inserting, finding and hashing. What is a few loads (a
 * probe of the filter, a step of a walk, the way along versions) stays in TypeScript, where it is as fast and no
 * border is crossed. Both read and write the same tables, byte for byte.
 */
import { gatheredEntryWord, gatheredHeaderSizeBytes, gatheredSlotWord } from './memory-layout.ts'
import { PlainKernel } from './plain-kernel.ts'
import { isWasmMemory, type SharedMemory } from './shared-memory.ts'
import { tableModule } from './table-module.ts'
import { moduleBytesOf, webAssembly } from './web-assembly.ts'

/** The functions of assembly/table/index.ts. */
interface TableExports {
  readonly insertRange: (base: number, from: number, to: number) => number
  readonly findEntry: (base: number, key: number, length: number, deltaLimit: number) => number
  readonly positionAtOrAfter: (base: number, key: number, length: number, strict: boolean) => number
  readonly positionAtOrBefore: (base: number, key: number, length: number, strict: boolean) => number
  readonly gatherRecords: (
    base: number,
    state: number,
    target: number,
    limit: number,
    lengthMax: number,
  ) => void
  readonly hash: (start: number, end: number, seedHigh: number, seedLow: number, result: number) => void
}

/** Compiled once a thread; `null` where the platform refuses it, which lacks vectors for instance. */
let compiled: object | null | undefined

/** The compiled kernel for a memory, or `undefined` where it cannot work. */
export function createWasmKernel(
  memory: SharedMemory,
  keyPosition: number,
  scratchSizeBytes: number,
): WasmKernel | undefined {
  if (webAssembly === undefined || !isWasmMemory(memory)) return undefined
  try {
    if (compiled === undefined) compiled = new webAssembly.Module(moduleBytesOf(tableModule))
    if (compiled === null) return undefined
    const { exports } = new webAssembly.Instance(compiled, { env: { memory } })
    return new WasmKernel(memory.buffer, keyPosition, scratchSizeBytes, exports as TableExports)
  } catch {
    compiled = null
    return undefined
  }
}

export class WasmKernel extends PlainKernel {
  readonly #insertRange: TableExports['insertRange']
  readonly #findEntry: TableExports['findEntry']
  readonly #positionAtOrAfter: TableExports['positionAtOrAfter']
  readonly #positionAtOrBefore: TableExports['positionAtOrBefore']
  readonly #gatherRecords: TableExports['gatherRecords']
  readonly #hash: TableExports['hash']

  constructor(
    buffer: SharedArrayBuffer,
    keyPosition: number,
    scratchSizeBytes: number,
    exports: TableExports,
  ) {
    super(buffer, keyPosition, scratchSizeBytes)
    this.#insertRange = exports.insertRange
    this.#findEntry = exports.findEntry
    this.#positionAtOrAfter = exports.positionAtOrAfter
    this.#positionAtOrBefore = exports.positionAtOrBefore
    this.#gatherRecords = exports.gatherRecords
    this.#hash = exports.hash
  }

  override insertRange(base: number, from: number, to: number): number {
    return this.#insertRange(base, from, to)
  }

  override findEntry(base: number, keyPosition: number, keyLength: number, deltaLimit: number): number {
    return this.#findEntry(base, keyPosition, keyLength, deltaLimit)
  }

  override positionAtOrAfter(base: number, keyPosition: number, keyLength: number, strict: boolean): number {
    return this.#positionAtOrAfter(base, keyPosition, keyLength, strict)
  }

  override positionAtOrBefore(base: number, keyPosition: number, keyLength: number, strict: boolean): number {
    return this.#positionAtOrBefore(base, keyPosition, keyLength, strict)
  }

  override gatherRecords(
    base: number,
    slotPosition: number,
    entry: number,
    sizeBytes: number,
    lengthMax: number,
  ): void {
    const { recordsPosition: state, words } = this
    words[(state >>> 2) + gatheredSlotWord] = slotPosition
    words[(state >>> 2) + gatheredEntryWord] = entry
    const target = state + gatheredHeaderSizeBytes
    this.#gatherRecords(base, state, target, target + sizeBytes, lengthMax)
  }

  override writeHash(start: number, end: number, seedHigh: number, seedLow: number, target: number): void {
    this.#hash(start, end, seedHigh, seedLow, target)
  }
}
