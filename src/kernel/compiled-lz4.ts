/**
 * LZ4 by WebAssembly, compiled from assembly/lz4: inputs are copied into a memory of its own and results out of it.
 * A memory for large inputs stays only as long as they come, and one for very large ones goes at once. (A page that is touched
 * for the first time can cost more than compressing what comes into it.)
 */
import type { Lz4 } from './lz4.ts'
import { lz4Module } from './lz4-module.ts'
import { PlainLz4 } from './plain-lz4.ts'
import { moduleBytesOf, webAssembly } from './web-assembly.ts'

/** The functions of assembly/lz4/index.ts. */
interface Lz4Exports {
  compress(table: number, source: number, length: number, target: number, limit: number): number
  decompress(source: number, sourceEnd: number, target: number, targetEnd: number): number
}

const pageSizeBytes = 65_536
/** The table of the compressor (16 KiB) lies at the start of the memory, inputs behind it. */
const tableAt = 0
const inputAt = 16_384
/** Behind inputs and outputs, since whole words are copied. */
const roomBehindBytes = 16
/** What a memory has at first. */
const firstSizeBytes = 256 * 1024
/** A memory with more is given up for a small one when as many inputs in a row would have done with less. */
const smallSizeBytesMax = 1024 * 1024
const smallCountMax = 64
/** A memory that needs more is not kept. */
const keptSizeBytesMax = 16 * 1024 * 1024

interface Instance {
  readonly exports: Lz4Exports
  readonly bytes: Uint8Array
}

/** The codec, or `undefined` where the platform has no WebAssembly or refuses it. */
export function createCompiledLz4(): CompiledLz4 | undefined {
  if (webAssembly === undefined) return undefined
  try {
    return new CompiledLz4(new webAssembly.Module(moduleBytesOf(lz4Module)))
  } catch {
    return undefined
  }
}

export class CompiledLz4 implements Lz4 {
  readonly #module: object
  #kept: Instance
  /** Inputs in a row for which a small memory would have done. */
  #smallCount = 0
  readonly #twin = new PlainLz4()

  /** Throws where the platform refuses the module. */
  constructor(module: object) {
    this.#module = module
    this.#kept = instantiate(module, firstSizeBytes)
  }

  compress(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
    limit: number,
  ): number {
    const outputAt = behind(inputAt + end - start)
    const instance = this.#instanceOf(outputAt + limit + roomBehindBytes)
    if (instance === undefined) return this.#twin.compress(source, start, end, target, at, limit)
    const { exports, bytes } = instance
    bytes.set(source.subarray(start, end), inputAt)
    const length = exports.compress(tableAt, inputAt, end - start, outputAt, limit)
    if (length > 0) target.set(bytes.subarray(outputAt, outputAt + length), at)
    return length
  }

  decompress(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
    length: number,
  ): boolean {
    const inputEnd = inputAt + end - start
    const outputAt = behind(inputEnd)
    const instance = this.#instanceOf(outputAt + length + roomBehindBytes)
    if (instance === undefined) return this.#twin.decompress(source, start, end, target, at, length)
    const { exports, bytes } = instance
    bytes.set(source.subarray(start, end), inputAt)
    if (exports.decompress(inputAt, inputEnd, outputAt, outputAt + length) === 0) return false
    target.set(bytes.subarray(outputAt, outputAt + length), at)
    return true
  }

  /** One with so much memory, or `undefined` when there is none just now: the twin does it then. */
  #instanceOf(sizeBytes: number): Instance | undefined {
    this.#smallCount = sizeBytes <= smallSizeBytesMax ? this.#smallCount + 1 : 0
    try {
      const isTooLarge = this.#smallCount >= smallCountMax && this.#kept.bytes.length > smallSizeBytesMax
      if (isTooLarge) this.#kept = instantiate(this.#module, Math.max(sizeBytes, firstSizeBytes))
      if (sizeBytes <= this.#kept.bytes.length) return this.#kept
      const instance = instantiate(this.#module, sizeBytes)
      if (sizeBytes <= keptSizeBytesMax) this.#kept = instance
      return instance
    } catch {
      return undefined
    }
  }
}

function instantiate(module: object, sizeBytes: number): Instance {
  if (webAssembly === undefined) throw new Error('there is no WebAssembly')
  const memory = new webAssembly.Memory({ initial: Math.ceil(sizeBytes / pageSizeBytes) })
  const { exports } = new webAssembly.Instance(module, { env: { memory } })
  return { exports: exports as Lz4Exports, bytes: new Uint8Array(memory.buffer as ArrayBuffer) }
}

function behind(end: number): number {
  return (end + roomBehindBytes) & ~7
}
