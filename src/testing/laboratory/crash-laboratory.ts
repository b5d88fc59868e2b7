/**
 * One place to live and die in: a disk in memory that can lose, tear and refuse, time that passes as a seed says,
 * and a store on them, opened through the public interface. Everything that happens in it follows from its seed
 * and from what is done in it; the real clock and the real disk have no part.
 */
import type { FileOperation } from '../../fs/file-operation.ts'
import type { FileSystem } from '../../fs/file-system.ts'
import { MemoryFileSystem, type MemoryFileSystemOptions } from '../../fs/memory-file-system.ts'
import { SeededRandom } from '../../fs/seeded-random.ts'
import { LogStructuredStore } from '../../store/log-structured-store.ts'
import type { StoreOptions } from '../../store/settings.ts'
import { type Death, diskAfter } from './death.ts'
import { newSeed, seedFrom } from './seeds.ts'
import { SlowFileSystem } from './slow-file-system.ts'
import { VirtualTime } from './virtual-time.ts'

export interface LaboratoryOptions {
  /** Decides everything. A whole number below 2^32; default: a new one. */
  readonly seed?: number
  /** Operations without blocking take their time, so that others overtake them. Default false. */
  readonly slowDisk?: boolean
  /** How many bytes the disk holds; default: as many as memory. */
  readonly capacityBytes?: number
  /** Called before each operation of the disk; what it throws is what the operation fails with. */
  readonly onOperation?: (operation: FileOperation) => void
}

/** The parts of a store that a laboratory replaces. */
export type LaboratoryParts = Required<Pick<StoreOptions, 'fileSystem' | 'clock' | 'scheduler' | 'random'>>

export class CrashLaboratory {
  readonly seed: number
  /** For the choices of a workload. */
  readonly random: SeededRandom
  readonly time: VirtualTime
  readonly #isSlow: boolean
  readonly #onOperation: ((operation: FileOperation) => void) | undefined
  readonly #identities: SeededRandom
  readonly #pauses: SeededRandom
  #disk: MemoryFileSystem
  #fileSystem: FileSystem
  /** Counts the deaths. */
  #life = 0
  #openCount = 0
  #openingCount = 0
  /** The store that was opened first, until it has put what it recovered on the disk. */
  #recovering: { status(): { readonly recovering: boolean } } | undefined

  /** `disk`: one to go on with, from `MemoryFileSystem.killed` or `crashed`; it is copied. Default: an empty one. */
  constructor(options: LaboratoryOptions = {}, disk: MemoryFileSystem = new MemoryFileSystem()) {
    const { seed = newSeed(), slowDisk = false, capacityBytes, onOperation } = options
    this.seed = seed
    this.random = new SeededRandom(seedFrom(seed, 0))
    this.time = new VirtualTime(new SeededRandom(seedFrom(seed, 1)))
    this.#identities = new SeededRandom(seedFrom(seed, 2))
    this.#pauses = new SeededRandom(seedFrom(seed, 3))
    this.#isSlow = slowDisk
    this.#onOperation = onOperation
    this.#disk = disk.killed(this.#diskOptions(capacityBytes ?? disk.capacityBytes))
    this.#fileSystem = this.#aroundDisk()
  }

  /** The disk as it is now. Its `capacityBytes` may be changed at any time. */
  get disk(): MemoryFileSystem {
    return this.#disk
  }

  /** The way to the disk, slow if that was asked for. */
  get fileSystem(): FileSystem {
    return this.#fileSystem
  }

  /** For the options of a store that is opened otherwise than by {@link open}. */
  get parts(): LaboratoryParts {
    return {
      fileSystem: this.#fileSystem,
      clock: this.time,
      scheduler: this.time,
      random: () => this.#identities.upTo(2 ** 32 - 1),
    }
  }

  /** Opens a store on the disk: `LogStructuredStore.open` with the parts of the laboratory. */
  readonly open: typeof LogStructuredStore.open = (async (path: string, options?: object) => {
    this.#openCount++
    this.#openingCount++
    try {
      const store = await LogStructuredStore.open(path, { ...options, ...this.parts })
      if (this.#openCount === 1) this.#recovering = store
      return store
    } finally {
      this.#openingCount--
    }
  }) as typeof LogStructuredStore.open

  /** Whether the first store of this laboratory is being opened now, or has not ended its recovery. */
  get isRecovering(): boolean {
    if (this.#openCount !== 1) return false
    if (this.#recovering?.status().recovering === false) this.#recovering = undefined
    return this.#openingCount === 1 || this.#recovering !== undefined
  }

  /**
   * Dies now: the disk is what that death leaves, and whatever is still open goes on with the old one, unobserved.
   * Open the store again to live on.
   */
  die(death: Death): void {
    this.#life++
    this.#disk = diskAfter(
      this.#disk,
      death,
      this.random.upTo(2 ** 32 - 1),
      this.#diskOptions(this.#disk.capacityBytes),
    )
    this.#fileSystem = this.#aroundDisk()
  }

  /** Lets the event loop turn a few times, so that clients, flushes and compactions take turns as the seed says. */
  async turns(countMax = 3): Promise<void> {
    const count = this.random.upTo(countMax)
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Ends time: no timer runs any more. */
  stop(): void {
    this.time.stop()
  }

  #diskOptions(capacityBytes: number): MemoryFileSystemOptions {
    const life = this.#life
    const onOperation = (operation: FileOperation): void => {
      if (life === this.#life) this.#onOperation?.(operation)
    }
    return { onOperation, capacityBytes }
  }

  #aroundDisk(): FileSystem {
    return this.#isSlow ? new SlowFileSystem(this.#disk, this.#pauses) : this.#disk
  }
}
