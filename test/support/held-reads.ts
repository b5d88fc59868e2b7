/**
 * A file system on which reads without blocking stand still while they are held. Blocking reads take so long by
 * the clock that the store soon reads without blocking.
 */
import type { File, OpenMode } from '../../src/fs/file-system.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'

/** Longer than a read from the page cache takes. */
const blockingReadMs = 1

export class HeldReads extends MemoryFileSystem {
  readonly #time: { pass(ms: number): void }
  #held: (() => void)[] | undefined

  constructor(time: { pass(ms: number): void }) {
    super()
    this.#time = time
  }

  /** How many reads stand still. */
  get heldCount(): number {
    return this.#held?.length ?? 0
  }

  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const goOn of held) goOn()
  }

  override async open(path: string, mode: OpenMode): Promise<File> {
    return this.#withHeldReads(await super.open(path, mode))
  }

  override openSync(path: string, mode: OpenMode): File {
    return this.#withHeldReads(super.openSync(path, mode))
  }

  #withHeldReads(file: File): File {
    const read = file.read.bind(file)
    const readSync = file.readSync.bind(file)
    file.read = async (target, position) => {
      const held = this.#held
      if (held !== undefined) await new Promise<void>((goOn) => held.push(goOn))
      return read(target, position)
    }
    file.readSync = (target, position) => {
      this.#time.pass(blockingReadMs)
      return readSync(target, position)
    }
    return file
  }
}
