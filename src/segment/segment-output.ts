/**
 * The file of a segment being written: bytes are gathered and written in large pieces, and brought to disk as they
 * go, so that the last sync, which somebody waits for, has little left to do. That happens while more is written, where
 * the file can do so, and by syncs in between where it cannot, or where the disk falls behind.
 */
import type { File } from '../fs/file-system.ts'
import type { BlockMemory } from './block-memory.ts'
import type { SegmentSettings } from './segment-settings.ts'
import { giveBuffer, takeMemory } from './spare-buffers.ts'

type OutputSettings = Pick<SegmentSettings, 'outputBufferBytes' | 'syncEveryBytes'>

/** So many times what is brought to disk at a time may wait for the time before. */
const lagMax = 2

export class SegmentOutput {
  /** Where blocks are laid out; written from {@link place} on. */
  readonly buffer: BlockMemory
  readonly #file: File
  readonly #syncEveryBytes: number
  #used = 0
  #writtenBytes = 0
  #unsyncedBytes = 0

  constructor(file: File, { outputBufferBytes, syncEveryBytes }: OutputSettings) {
    this.#file = file
    this.#syncEveryBytes = syncEveryBytes
    this.buffer = takeMemory(outputBufferBytes)
  }

  /** Offset in the file of the next byte. */
  get offset(): number {
    return this.#writtenBytes + this.#used
  }

  /** Whether so many bytes can be laid out in the buffer at all. */
  couldHold(length: number): boolean {
    return length <= this.buffer.bytes.length
  }

  /** Makes room for `length` bytes in the buffer and says where. Nothing is taken until {@link take}. */
  place(length: number): number {
    if (this.#used + length > this.buffer.bytes.length) this.#write()
    return this.#used
  }

  /** The `length` bytes at the place given last are part of the file. */
  take(length: number): void {
    this.#used += length
  }

  /** Appends bytes from elsewhere. */
  append(bytes: Uint8Array): void {
    if (this.couldHold(bytes.length)) {
      this.buffer.bytes.set(bytes, this.place(bytes.length))
      this.take(bytes.length)
      return
    }
    this.appendAtOnce(bytes)
  }

  /** Appends bytes that need not be gathered: they are many. */
  appendAtOnce(bytes: Uint8Array): void {
    this.#write()
    this.#writeBytes(bytes)
  }

  /** Everything to the file, and the file to the disk. */
  finish(): void {
    this.#write()
    this.#file.syncSync()
  }

  /** Hands the buffer on; nothing is written any more. */
  release(): void {
    giveBuffer(this.buffer.buffer)
  }

  #write(): void {
    if (this.#used === 0) return
    const used = this.#used
    this.#used = 0
    this.#writeBytes(this.buffer.bytes.subarray(0, used))
  }

  #writeBytes(bytes: Uint8Array): void {
    this.#file.writeSync(bytes, this.#writtenBytes)
    this.#writtenBytes += bytes.length
    this.#unsyncedBytes += bytes.length
    if (this.#unsyncedBytes < this.#syncEveryBytes) return
    const writeBack = this.#file.beginWriteBack()
    if (writeBack === 'busy' && this.#unsyncedBytes < lagMax * this.#syncEveryBytes) return
    if (writeBack !== 'begun') this.#file.syncSync()
    this.#unsyncedBytes = 0
  }
}
