/**
 * The content of one file in the memory file system, whatever names lead to it, with the history that a crash
 * needs: which writes since the last sync could still be lost.
 *
 * The history is kept as undo: each write remembers the bytes that it replaced, nothing for bytes that it
 * appended. Appending, which is almost all that a log-structured store does, therefore costs no memory twice.
 */

interface UnsyncedWrite {
  readonly position: number
  readonly length: number
  /** The size of the file before the write. */
  readonly sizeBefore: number
  /** What the part of the range below `sizeBefore` held. */
  readonly replaced: Uint8Array
}

/** A write that may be lost, with its own bytes. */
export interface PendingWrite {
  readonly position: number
  readonly bytes: Uint8Array
  /** The size of the file after it. */
  readonly sizeAfter: number
}

/** The file as it was synced, and what was written to it since, oldest first. */
export interface InodeHistory {
  readonly durable: Uint8Array
  readonly pending: readonly PendingWrite[]
}

const noBytes = new Uint8Array(0)

export class MemoryInode {
  /** The content, followed by room to grow: zeros. */
  #bytes: Uint8Array
  #size: number
  /** Whether a copy of this file reads the same array; then the first change makes one of our own. */
  #isShared = false
  #unsynced: UnsyncedWrite[] = []
  #syncHasFailed = false
  /** How many syncs failed: each handle that was open is told of each of them once, as on Linux. */
  failedSyncCount = 0
  /** How many names and open files keep the content alive. */
  referenceCount = 0

  /** Takes over `bytes` as content that is on stable storage. */
  constructor(bytes: Uint8Array = noBytes) {
    this.#bytes = bytes
    this.#size = bytes.length
  }

  get size(): number {
    return this.#size
  }

  /** Whether a crash could take nothing from it. */
  get isSynced(): boolean {
    return this.#unsynced.length === 0
  }

  /** Copies from `position` on until `target` is full or the file ends; returns the bytes copied. */
  read(target: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.#size - position))
    target.set(this.#bytes.subarray(position, position + length))
    return length
  }

  /** Writes all of `source`; a gap behind the old end reads as zeros. */
  write(source: Uint8Array, position: number): void {
    if (source.length === 0) return
    const end = position + source.length
    this.#unsynced.push({
      position,
      length: source.length,
      sizeBefore: this.#size,
      replaced: position < this.#size ? this.#bytes.slice(position, Math.min(end, this.#size)) : noBytes,
    })
    this.#makeRoom(end)
    this.#bytes.set(source, position)
    this.#size = Math.max(this.#size, end)
  }

  /** From here on no crash loses what was written so far. */
  sync(): void {
    // After a failed sync a real system drops the dirty pages, and the next sync succeeds without them. So
    // nothing written since can be relied on any more.
    if (!this.#syncHasFailed) this.#unsynced = []
  }

  /** Marks what was not synced as never to be synced: see {@link sync}. */
  failSync(): void {
    this.#syncHasFailed = true
    this.failedSyncCount++
  }

  /** The same file for another file system, with the same writes at risk; neither sees the other's changes. */
  copy(): MemoryInode {
    const copy = new MemoryInode()
    copy.#bytes = this.#bytes
    copy.#size = this.#size
    copy.#isShared = true
    this.#isShared = true
    copy.#unsynced = [...this.#unsynced]
    copy.#syncHasFailed = this.#syncHasFailed
    return copy
  }

  /** What was synced and what was not. Costs a copy of the file. */
  history(): InodeHistory {
    const state = this.#bytes.slice(0, this.#size)
    let size = this.#size
    const pending: PendingWrite[] = []
    // Backwards: before a write is undone, its range holds exactly what it wrote.
    for (let index = this.#unsynced.length - 1; index >= 0; index--) {
      const write = this.#unsynced[index]!
      const end = write.position + write.length
      pending.push({
        position: write.position,
        bytes: state.slice(write.position, end),
        sizeAfter: size,
      })
      state.fill(0, write.position, end)
      state.set(write.replaced, write.position)
      size = write.sizeBefore
    }
    return { durable: state.slice(0, size), pending: pending.reverse() }
  }

  /** Doubling, so that a file written by appends is copied a bounded number of times per byte. */
  #makeRoom(end: number): void {
    if (end <= this.#bytes.length && !this.#isShared) return
    const capacity =
      end <= this.#bytes.length ? this.#bytes.length : Math.max(end, this.#bytes.length * 2, 256)
    const grown = new Uint8Array(capacity)
    grown.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = grown
    this.#isShared = false
  }
}
