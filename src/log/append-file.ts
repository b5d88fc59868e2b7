/**
 * A file that only grows, written at positions we keep ourselves. Writes may be blocking or not, mixed: while
 * a non-blocking write is under way, a blocking one writes the pending bytes again at the same offsets and
 * then its own. Both wrote the same bytes to the same places, so it does not matter which came last; bytes of
 * a pending write must therefore stay as they are until `settled`. Nothing is ever appended behind bytes whose
 * write failed.
 *
 * Behind the last byte there may be room: zeros written ahead. A sync of what is written into it need not bring
 * the length of the file and its blocks to disk.
 */
import type { File } from '../fs/file-system.ts'

interface PendingWrite {
  readonly bytes: Uint8Array
  readonly position: number
  readonly begin: Promise<unknown> | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Already in the file by a blocking write; the non-blocking one only has to come home. */
  done: boolean
}

/** What room is made of; made when it is first needed. */
let zeros = new Uint8Array(0)

/**
 * Blocking appends of a page or more go through this bounce buffer, a piece at a time: made when it is first needed. The
 * system reads memory that it has read before; where a hypervisor keeps page tables of its own, the first read of each
 * page of an arena took it 8 us, and copying the page takes a tenth of that.
 */
let bounceBuffer = new Uint8Array(0)
const bounceSizeBytes = 128 * 1024
const bouncedSizeBytesMin = 4096

export class AppendFile {
  readonly file: File
  /**
   * Blocking syncs go through a handle of their own, open as long as the other. The system tells of a failed
   * write-back once a handle: were that told to a non-blocking sync whose answer is still on its way, a blocking
   * one of the same handle would succeed.
   */
  readonly #blockingFile: File
  #position: number
  #failure: { error: unknown } | undefined
  /** Up to here there may be a part of bytes that nobody missed. */
  #remainsEnd = 0
  /** Up to here zeros were written ahead. */
  #roomEnd = 0
  #isRoomRefused = false
  /** In order; the first one is under way. */
  readonly #pending: PendingWrite[] = []
  #settled: Promise<void> = Promise.resolve()

  constructor(file: File, position: number, blockingFile: File) {
    this.file = file
    this.#blockingFile = blockingFile
    this.#position = position
  }

  get path(): string {
    return this.file.path
  }

  /** Where the next byte will go: the length of the file once everything pending is written. */
  get position(): number {
    return this.#position
  }

  /** The length of the file as written so far, pending bytes left out. */
  get writtenLength(): number {
    const unwritten = this.#pending.find((write) => !write.done)
    return unwritten === undefined ? this.#position : unwritten.position
  }

  /** {@link writtenLength}, or the end of the room if that lies behind it: what the file takes of the disk. */
  get sizeBytes(): number {
    return Math.max(this.writtenLength, this.#roomEnd)
  }

  /** Whether a non-blocking write has not come home yet. */
  get isBusy(): boolean {
    return this.#pending.length > 0
  }

  /** Whether a non-blocking write that has not come home yet may still read from this part of a memory. */
  readsFrom(buffer: ArrayBufferLike, start: number, length: number): boolean {
    return this.#pending.some(
      ({ bytes }) =>
        bytes.buffer === buffer &&
        bytes.byteOffset < start + length &&
        bytes.byteOffset + bytes.length > start,
    )
  }

  /** Whether the file surely holds nothing but what was appended: no write to it failed half-way. */
  get isWhole(): boolean {
    return this.#failure === undefined && this.#remainsEnd <= this.#position
  }

  /** Resolves when no non-blocking write is under way any more; never rejects. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /** Writes everything pending and then `bytes`, blocking. */
  appendSync(bytes: Uint8Array): void {
    this.flushPendingSync()
    try {
      this.#writeSync(bytes)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
    this.#position += bytes.length
  }

  /** Writes everything pending once more, blocking, so that it is in the file now. */
  flushPendingSync(): void {
    this.#refuseAfterFailure()
    try {
      for (const write of this.#pending) {
        if (!write.done) this.file.writeSync(write.bytes, write.position)
        write.done = true
      }
    } catch (error) {
      this.#failure = { error }
      throw error
    }
    // Their waiters need not wait for the slow twin.
    for (const write of this.#pending) write.resolve()
  }

  /**
   * Writes `bytes` without blocking, after everything before them, and not before `begin` is settled. They must
   * not change until `settled`. A rejection means that an unknown part of them, or nothing, is in the file.
   */
  append(bytes: Uint8Array, begin?: Promise<unknown>): Promise<void> {
    this.#refuseAfterFailure()
    const position = this.#position
    this.#position += bytes.length
    const written = new Promise<void>((resolve, reject) => {
      this.#pending.push({ bytes, position, begin, resolve, reject, done: false })
    })
    if (this.#pending.length === 1) this.#settled = this.#drain()
    return written
  }

  /**
   * Writes bytes that nobody will miss (a sync mark), blocking. When the write fails, the place stays free and
   * the next append goes there.
   *
   * @returns whether they were written.
   */
  tryAppendSync(bytes: Uint8Array): boolean {
    if (this.#failure !== undefined || this.isBusy) return false
    try {
      this.file.writeSync(bytes, this.#position)
    } catch {
      this.#remainsEnd = Math.max(this.#remainsEnd, this.#position + bytes.length)
      return false
    }
    this.#position += bytes.length
    return true
  }

  /**
   * Writes zeros ahead, blocking, when fewer than `nextSizeBytes` of them are left, for a write of so many bytes that
   * comes next: its sync makes them durable, too. Where they cannot be written nobody misses them, and it is not
   * tried again.
   *
   * @returns how many were written.
   */
  makeRoom(nextSizeBytes: number, roomSizeBytes: number): number {
    if (this.#failure !== undefined || this.#isRoomRefused) return 0
    if (this.#roomEnd - this.#position >= nextSizeBytes) return 0
    // Behind what is pending, so that it does not matter which write comes last.
    const start = Math.max(this.#position, this.#roomEnd)
    if (zeros.length < roomSizeBytes) zeros = new Uint8Array(roomSizeBytes)
    try {
      this.file.writeSync(zeros.subarray(0, roomSizeBytes), start)
    } catch {
      this.#isRoomRefused = true
      return 0
    }
    this.#roomEnd = start + roomSizeBytes
    return roomSizeBytes
  }

  /** As `File.sync`. Pending bytes may or may not take part. */
  sync(): Promise<void> {
    return this.file.sync()
  }

  /** {@link sync}, blocking. */
  syncSync(): void {
    this.#blockingFile.syncSync()
  }

  /** Waits for what is under way, and closes the file. */
  async close(): Promise<void> {
    await this.#settled
    await Promise.all([this.file.close(), this.#blockingFile.close()])
  }

  /** Writes nothing any more: what is pending, and what comes, fails with the error. */
  giveUp(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Writes `bytes` at the end, blocking. */
  #writeSync(bytes: Uint8Array): void {
    if (bytes.length < bouncedSizeBytesMin) {
      this.file.writeSync(bytes, this.#position)
      return
    }
    if (bounceBuffer.length === 0) bounceBuffer = new Uint8Array(bounceSizeBytes)
    for (let from = 0; from < bytes.length; from += bounceSizeBytes) {
      const length = Math.min(bounceSizeBytes, bytes.length - from)
      bounceBuffer.set(bytes.subarray(from, from + length))
      this.file.writeSync(bounceBuffer.subarray(0, length), this.#position + from)
    }
  }

  async #drain(): Promise<void> {
    for (let write = this.#pending[0]; write !== undefined; write = this.#pending[0]) {
      try {
        await this.#write(write)
        write.resolve()
      } catch (error) {
        this.#failure ??= { error }
        // Nothing is written behind it, so the file ends here as far as anybody can tell.
        if (!write.done) this.#position = Math.min(this.#position, write.position)
        write.reject(error)
      }
      this.#pending.shift()
    }
  }

  async #write(write: PendingWrite): Promise<void> {
    if (write.begin !== undefined) await write.begin.catch(() => undefined)
    this.#refuseAfterFailure()
    if (!write.done) await this.file.write(write.bytes, write.position)
    write.done = true
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
