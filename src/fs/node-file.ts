/**
 * An open file of the real file system: a bare descriptor. Node's callbacks are wrapped by hand, because
 * `FileHandle` costs more per call.
 *
 * The descriptor is given back only when no operation uses it any more. Otherwise the system could hand the
 * same number to the next file while a write in the thread pool still aims at it.
 */
import * as fs from 'node:fs'
import { systemCodeOf } from '../errors.ts'
import type { File, WriteBack } from './file-system.ts'
import { closedFileError, createSystemError } from './system-error.ts'

/** Whether each descriptor of a file is told of a failed write-back (since Linux 4.13). */
const tellsEachDescriptor = process.platform === 'linux'

/** A signal may interrupt a call again and again, but not for ever. */
const interruptionsMax = 1_000

export class NodeFile implements File {
  readonly path: string
  readonly #descriptor: number
  #isClosed = false
  #writeBackDescriptor: number | undefined
  #isWritingBack = false
  #operationsInFlight = 0
  /** Resolves the `close()` that waits for the operations in flight. */
  #onIdle: (() => void) | undefined
  #closing: Promise<void> | undefined

  /** Takes over an open descriptor. */
  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  readSync(target: Uint8Array, position: number): number {
    this.#assertOpen('read')
    let done = 0
    let interruptions = 0
    while (done < target.length) {
      try {
        const count = fs.readSync(this.#descriptor, target, done, target.length - done, position + done)
        if (count === 0) break
        done += count
      } catch (error) {
        if (!isInterruption(error) || ++interruptions > interruptionsMax) throw error
      }
    }
    return done
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    this.#begin('read')
    try {
      let done = 0
      let interruptions = 0
      while (done < target.length) {
        try {
          const count = await readOnce(this.#descriptor, target, done, target.length - done, position + done)
          if (count === 0) break
          done += count
        } catch (error) {
          if (!isInterruption(error) || ++interruptions > interruptionsMax) throw error
        }
      }
      return done
    } finally {
      this.#end()
    }
  }

  writeSync(source: Uint8Array, position: number): void {
    this.#assertOpen('write')
    let done = 0
    let interruptions = 0
    while (done < source.length) {
      try {
        const count = fs.writeSync(this.#descriptor, source, done, source.length - done, position + done)
        if (count === 0) throw nothingWritten(this.path)
        done += count
      } catch (error) {
        if (!isInterruption(error) || ++interruptions > interruptionsMax) throw error
      }
    }
  }

  async write(source: Uint8Array, position: number): Promise<void> {
    this.#begin('write')
    try {
      let done = 0
      let interruptions = 0
      while (done < source.length) {
        try {
          const count = await writeOnce(this.#descriptor, source, done, source.length - done, position + done)
          if (count === 0) throw nothingWritten(this.path)
          done += count
        } catch (error) {
          if (!isInterruption(error) || ++interruptions > interruptionsMax) throw error
        }
      }
    } finally {
      this.#end()
    }
  }

  // fdatasync is enough: it leaves out times and modes, but not the size, without which the content could not
  // be read back. Where a system has none (macOS, Windows), libuv does the full one, on macOS down to the medium.
  // Not retried, not even when interrupted: after a failure nobody knows what reached the disk.
  syncSync(): void {
    this.#assertOpen('fdatasync')
    fs.fdatasyncSync(this.#descriptor)
  }

  async sync(): Promise<void> {
    this.#begin('fdatasync')
    try {
      await syncOnce(this.#descriptor)
    } finally {
      this.#end()
    }
  }

  // By a descriptor of its own: Linux tells of a failed write-back once a descriptor, and the one who counts on the
  // answer is whoever syncs this file. Where it may be told once a file, nobody else may ask.
  beginWriteBack(): WriteBack {
    this.#assertOpen('fdatasync')
    if (!tellsEachDescriptor) return 'none'
    if (this.#isWritingBack) return 'busy'
    try {
      this.#writeBackDescriptor ??= fs.openSync(this.path, 'r')
    } catch {
      return 'none'
    }
    this.#isWritingBack = true
    fs.fdatasync(this.#writeBackDescriptor, () => {
      this.#isWritingBack = false
      if (this.#isClosed) this.#endWriteBack()
    })
    return 'begun'
  }

  #endWriteBack(): void {
    if (this.#writeBackDescriptor === undefined || this.#isWritingBack) return
    const descriptor = this.#writeBackDescriptor
    this.#writeBackDescriptor = undefined
    fs.close(descriptor, () => {})
  }

  sizeSync(): number {
    this.#assertOpen('fstat')
    return fs.fstatSync(this.#descriptor).size
  }

  async size(): Promise<number> {
    this.#begin('fstat')
    try {
      return await sizeOnce(this.#descriptor)
    } finally {
      this.#end()
    }
  }

  /** Refuses further use at once; the descriptor goes when the operations in flight are over. */
  closeSync(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#endWriteBack()
    if (this.#operationsInFlight === 0) {
      fs.closeSync(this.#descriptor)
    } else {
      this.#closing = this.#closeWhenIdle()
      // Told to whoever calls `close()` after this; without one there is nobody to tell.
      this.#closing.catch(() => undefined)
    }
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#endWriteBack()
      this.#closing = this.#closeWhenIdle()
    }
    return this.#closing ?? Promise.resolve()
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.#operationsInFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    await closeOnce(this.#descriptor)
  }

  #begin(syscall: string): void {
    this.#assertOpen(syscall)
    this.#operationsInFlight++
  }

  #end(): void {
    this.#operationsInFlight--
    if (this.#operationsInFlight === 0) this.#onIdle?.()
  }

  #assertOpen(syscall: string): void {
    if (this.#isClosed) throw closedFileError(syscall, this.path)
  }
}

function isInterruption(error: unknown): boolean {
  const code = systemCodeOf(error)
  return code === 'EINTR' || code === 'EAGAIN'
}

/** A device that takes nothing and reports no error would keep us in the loop for ever. */
function nothingWritten(path: string): Error {
  return createSystemError('EIO', 'write', path, 'the system wrote nothing and gave no reason')
}

function readOnce(
  descriptor: number,
  target: Uint8Array,
  start: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(descriptor, target, start, length, position, (error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}

function writeOnce(
  descriptor: number,
  source: Uint8Array,
  start: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(descriptor, source, start, length, position, (error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}

function syncOnce(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(descriptor, (error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}

function sizeOnce(descriptor: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.fstat(descriptor, (error, stats) => {
      if (error === null) resolve(stats.size)
      else reject(error)
    })
  })
}

function closeOnce(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.close(descriptor, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
