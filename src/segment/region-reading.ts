/**
 * Procedures that read parts of a segment file are written once, as generators that ask for reads; whoever runs
 * one answers them blocking or not. The parts that are read so are the regions behind the blocks.
 */
import { hashResult } from '../bytes/xxh64.ts'
import { CorruptionError } from '../errors.ts'
import type { File } from '../fs/file-system.ts'
import { hashAt } from './block-check.ts'
import { type BlockMemory, unsetMemory } from './block-memory.ts'
import { footerSizeBytes, type Region } from './segment-format.ts'
import type { SegmentMeta } from './segment-meta.ts'

/** A part of the file that must be read whole into `target`. */
export interface ReadRequest {
  readonly target: Uint8Array
  readonly offset: number
}

/** Makes memory that may hold anything, for a region that is read there. */
export type MakeMemory = (sizeBytes: number) => BlockMemory

/** Reads a region and compares it with its checksum. `name` is for the errors. */
export function* loadRegion(
  path: string,
  meta: SegmentMeta,
  region: Region,
  name: string,
  makeMemory: MakeMemory = unsetMemory,
): Generator<ReadRequest, BlockMemory> {
  const { offset, length } = region
  if (offset + length > meta.sizeBytes || length % 8 !== 0) {
    throw new CorruptionError(`the ${name} lies outside the file`, path, meta.sizeBytes - footerSizeBytes)
  }
  const memory = makeMemory(length)
  yield { target: memory.bytes, offset }
  hashAt(memory.bytes, 0, length, meta.number, offset)
  if (hashResult.low !== region.checksumLow || hashResult.high !== region.checksumHigh) {
    throw new CorruptionError(`the ${name} does not match its checksum`, path, offset)
  }
  return memory
}

/** Runs a procedure that asks for reads, blocking. */
export function answerSync<T>(file: File, steps: Generator<ReadRequest, T>): T {
  let step = steps.next()
  while (step.done !== true) {
    const { target, offset } = step.value
    try {
      readWholeSync(file, target, offset)
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next()
  }
  return step.value
}

/** {@link answerSync} without blocking. */
export async function answer<T>(file: File, steps: Generator<ReadRequest, T>): Promise<T> {
  let step = steps.next()
  while (step.done !== true) {
    const { target, offset } = step.value
    try {
      await readWhole(file, target, offset)
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next()
  }
  return step.value
}

/** Reads what is asked for, or throws `CorruptionError` where the file ends before. */
export function readWholeSync(file: File, target: Uint8Array, offset: number): void {
  checkReadLength(file, target, offset, file.readSync(target, offset))
}

export async function readWhole(file: File, target: Uint8Array, offset: number): Promise<void> {
  checkReadLength(file, target, offset, await file.read(target, offset))
}

function checkReadLength(file: File, target: Uint8Array, offset: number, length: number): void {
  if (length === target.length) return
  throw new CorruptionError(
    `the file ends ${target.length - length} bytes too early`,
    file.path,
    offset + length,
  )
}
