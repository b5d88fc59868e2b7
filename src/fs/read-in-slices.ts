/**
 * Reads a large file by several threads of the system's pool at once, for a reader that begins at the front before the
 * rest is there. Where memory is touched for the first time, that takes longer than the reading, and two threads do it
 * in little more than half of the time.
 */
import { StorageError } from '../errors.ts'
import type { File } from './file-system.ts'

const sliceSizeBytes = 2 * 1024 * 1024

/** The bytes of a file that come into memory from the front, its end before all others. */
export interface ArrivingBytes {
  /** All of them, also those that are not there yet. */
  readonly bytes: Uint8Array
  /** So many from the start are there. */
  readonly arrivedLength: number
  /** Resolves when the first `length` bytes are there; rejects when they cannot be read. */
  arrive(length: number): Promise<void>
  /** Resolves when nothing is read into the memory any more, well or not, and the file is closed. */
  close(): Promise<void>
}

/** What is in memory already. */
export function arrivedBytes(bytes: Uint8Array): ArrivingBytes {
  return { bytes, arrivedLength: bytes.length, arrive: async () => {}, close: async () => {} }
}

/**
 * Begins to read a file from its start, and resolves when its last bytes are there. The file is closed with the
 * reading, or by the caller when this rejects; nothing is read into `target` any more then.
 *
 * @param target of the size of the file. When the file turns out to be shorter, that is a {@link StorageError}.
 */
export async function readInSlices(file: File, target: Uint8Array): Promise<ArrivingBytes> {
  const reading = new SlicedReading(file, target)
  try {
    await reading.arriveLast()
  } catch (error) {
    await reading.settle()
    throw error
  }
  return reading
}

class SlicedReading implements ArrivingBytes {
  readonly bytes: Uint8Array
  arrivedLength = 0
  readonly #file: File
  readonly #slices: readonly Promise<void>[]
  readonly #settled: Promise<unknown>

  constructor(file: File, target: Uint8Array) {
    this.#file = file
    this.bytes = target
    const starts = Array.from(
      { length: Math.ceil(target.length / sliceSizeBytes) },
      (_, i) => i * sliceSizeBytes,
    )
    const last = starts.pop()
    const lastSlice = last === undefined ? Promise.resolve() : this.#read(last)
    this.#slices = [...starts.map((start) => this.#read(start)), lastSlice]
    // From here on a failure is no unhandled rejection, whether anybody comes so far or not.
    this.#settled = Promise.allSettled(this.#slices)
  }

  /** Resolves when the end of the file is there. */
  arriveLast(): Promise<void> {
    return this.#slices.at(-1) as Promise<void>
  }

  async arrive(length: number): Promise<void> {
    const end = Math.min(this.#slices.length, Math.ceil(length / sliceSizeBytes))
    for (let slice = Math.floor(this.arrivedLength / sliceSizeBytes); slice < end; slice += 1) {
      await this.#slices[slice]
      const sliceEnd = Math.min(this.bytes.length, (slice + 1) * sliceSizeBytes)
      this.arrivedLength = Math.max(this.arrivedLength, sliceEnd)
    }
  }

  async settle(): Promise<void> {
    await this.#settled
  }

  async close(): Promise<void> {
    await this.#settled
    this.#file.closeSync()
  }

  async #read(start: number): Promise<void> {
    const slice = this.bytes.subarray(start, start + sliceSizeBytes)
    const length = await this.#file.read(slice, start)
    if (length === slice.length) return
    throw new StorageError(`${this.#file.path} ends at byte ${start + length} although it was longer before`)
  }
}
