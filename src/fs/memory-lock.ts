/** The lock of the memory file system: one owner per folder and file system object. */
import { LockedError } from '../errors.ts'
import type { DirectoryLock } from './file-system.ts'

export class MemoryLock implements DirectoryLock {
  readonly #path: string
  readonly #key: string
  readonly #owners: Map<string, MemoryLock>

  /** Makes itself the owner in `owners`. `key` is the same for every spelling of the path. */
  constructor(path: string, key: string, owners: Map<string, MemoryLock>) {
    if (owners.has(key)) {
      const message = `'${path}' (in memory) is open already in this process: use that handle, or close it first`
      throw new LockedError(message, { pid: process.pid })
    }
    this.#path = path
    this.#key = key
    this.#owners = owners
    owners.set(key, this)
  }

  verifySync(): void {
    if (this.#owners.get(this.#key) === this) return
    throw new LockedError(`the lock on '${this.#path}' (in memory) was released`, {})
  }

  async verify(): Promise<void> {
    this.verifySync()
  }

  async release(): Promise<void> {
    if (this.#owners.get(this.#key) === this) this.#owners.delete(this.#key)
  }
}
