/**
 * A file system whose asynchronous operations take their time: each has its effect at once or later, and answers
 * some turns of the event loop after that, as the seed says. So what goes on meanwhile can overtake them, as on a
 * real disk. Blocking operations are not slowed down.
 */
import type {
  DirectoryEntry,
  DirectoryLock,
  File,
  FileSystem,
  OpenMode,
  WriteBack,
} from '../../fs/file-system.ts'
import type { SeededRandom } from '../../fs/seeded-random.ts'

const turnCountMax = 3

class Pauses {
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  async around<R>(operation: () => Promise<R>): Promise<R> {
    await this.#pause()
    const result = await operation()
    await this.#pause()
    return result
  }

  async #pause(): Promise<void> {
    const turnCount = this.#random.upTo(turnCountMax)
    for (let turn = 0; turn < turnCount; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

export class SlowFileSystem implements FileSystem {
  readonly reachableFromWorkers = false
  readonly #inner: FileSystem
  readonly #pauses: Pauses

  constructor(inner: FileSystem, random: SeededRandom) {
    this.#inner = inner
    this.#pauses = new Pauses(random)
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.#pauses.around(async () => new SlowFile(await this.#inner.open(path, mode), this.#pauses))
  }

  openSync(path: string, mode: OpenMode): File {
    return new SlowFile(this.#inner.openSync(path, mode), this.#pauses)
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.#pauses.around(() => this.#inner.list(path))
  }

  makeDirectory(path: string): Promise<void> {
    return this.#pauses.around(() => this.#inner.makeDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#pauses.around(() => this.#inner.rename(from, to))
  }

  renameSync(from: string, to: string): void {
    this.#inner.renameSync(from, to)
  }

  unlink(path: string): Promise<void> {
    return this.#pauses.around(() => this.#inner.unlink(path))
  }

  unlinkSync(path: string): void {
    this.#inner.unlinkSync(path)
  }

  syncDirectory(path: string): Promise<void> {
    return this.#pauses.around(() => this.#inner.syncDirectory(path))
  }

  syncDirectorySync(path: string): void {
    this.#inner.syncDirectorySync(path)
  }

  lock(path: string): Promise<DirectoryLock> {
    return this.#pauses.around(() => this.#inner.lock(path))
  }
}

class SlowFile implements File {
  readonly #inner: File
  readonly #pauses: Pauses

  constructor(inner: File, pauses: Pauses) {
    this.#inner = inner
    this.#pauses = pauses
  }

  get path(): string {
    return this.#inner.path
  }

  readSync(target: Uint8Array, position: number): number {
    return this.#inner.readSync(target, position)
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#pauses.around(() => this.#inner.read(target, position))
  }

  writeSync(source: Uint8Array, position: number): void {
    this.#inner.writeSync(source, position)
  }

  write(source: Uint8Array, position: number): Promise<void> {
    return this.#pauses.around(() => this.#inner.write(source, position))
  }

  syncSync(): void {
    this.#inner.syncSync()
  }

  sync(): Promise<void> {
    return this.#pauses.around(() => this.#inner.sync())
  }

  beginWriteBack(): WriteBack {
    return this.#inner.beginWriteBack()
  }

  sizeSync(): number {
    return this.#inner.sizeSync()
  }

  size(): Promise<number> {
    return this.#pauses.around(() => this.#inner.size())
  }

  closeSync(): void {
    this.#inner.closeSync()
  }

  close(): Promise<void> {
    return this.#pauses.around(() => this.#inner.close())
  }
}
