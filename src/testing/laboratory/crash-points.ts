/**
 * Copies of a disk as it was before operations that change something: where a death leaves something different.
 * All of them, or so many that are chosen evenly among all while the operations happen.
 */
import type { FileOperation } from '../../fs/file-operation.ts'
import type { MemoryFileSystem } from '../../fs/memory-file-system.ts'
import { SeededRandom } from '../../fs/seeded-random.ts'

/** A moment at which the process or the machine may have died. */
export interface CrashPoint<Memory> {
  /** How many changing operations went before. */
  readonly index: number
  /** What would have come next. */
  readonly where: string
  readonly disk: MemoryFileSystem
  readonly remembered: Memory
}

export interface CrashPointsOptions<Memory> {
  readonly seed: number
  /** The most points to keep; `Infinity` for all. */
  readonly countMax: number
  /** The only index to keep, if one is asked for. */
  readonly onlyIndex?: number | undefined
  readonly disk: () => MemoryFileSystem
  readonly remember: () => Memory
}

export class CrashPoints<Memory> {
  readonly #options: CrashPointsOptions<Memory>
  readonly #random: SeededRandom
  readonly #kept: CrashPoint<Memory>[] = []
  #count = 0

  constructor(options: CrashPointsOptions<Memory>) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
  }

  /** Changing operations so far. */
  get count(): number {
    return this.#count
  }

  /** The points that were kept, in their order. */
  get points(): CrashPoint<Memory>[] {
    return [...this.#kept].sort((a, b) => a.index - b.index)
  }

  /** Before an operation of the disk. */
  note(operation: FileOperation): void {
    if (changesSomething(operation)) this.#offer(() => `before ${operation.name} ${operation.path}`)
  }

  /** After the last operation. */
  noteEnd(): void {
    this.#offer(() => 'after the last operation')
  }

  /** Keeps each of n points with the same chance: a later one takes the place of one that was kept. */
  #offer(where: () => string): void {
    const { countMax, onlyIndex } = this.#options
    const index = this.#count++
    if (onlyIndex !== undefined) {
      if (index === onlyIndex) this.#kept.push(this.#point(index, where()))
    } else if (this.#kept.length < countMax) {
      this.#kept.push(this.#point(index, where()))
    } else {
      const place = this.#random.upTo(index)
      if (place < countMax) this.#kept[place] = this.#point(index, where())
    }
  }

  #point(index: number, where: string): CrashPoint<Memory> {
    const { disk, remember } = this.#options
    return { index, where, disk: disk().killed(), remembered: remember() }
  }
}

function changesSomething({ name, mode }: FileOperation): boolean {
  switch (name) {
    case 'open':
      return mode === 'create'
    case 'write':
    case 'sync':
    case 'makeDirectory':
    case 'rename':
    case 'unlink':
    case 'syncDirectory':
      return true
    default:
      return false
  }
}
