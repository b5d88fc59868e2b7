/**
 * Runs a workload once, notes the disk before every operation that changes something, and then, for each of these
 * moments and each way to die, opens what that death would have left and checks it; and does the same once more
 * to openings that die on their way. One seed is one run, and a failure says how to repeat it.
 */
import type { MemoryFileSystem } from '../../fs/memory-file-system.ts'
import { SeededRandom } from '../../fs/seeded-random.ts'
import { CrashLaboratory, type LaboratoryOptions } from './crash-laboratory.ts'
import { type CrashPoint, CrashPoints } from './crash-points.ts'
import { type Death, deaths, diskAfter } from './death.ts'
import { describeLoss } from './loss.ts'
import { newSeed, seedFrom } from './seeds.ts'

/** A death, as a check is told of it. */
export interface Crash<Memory> {
  readonly death: Death
  /** Whether the power failed, now or in a death before that was being recovered from. */
  readonly lostPower: boolean
  /** Before which operation. */
  readonly where: string
  /** What `remember` gave at that moment. */
  readonly remembered: Memory
}

export interface CrashRunOptions<Memory>
  extends Pick<LaboratoryOptions, 'seed' | 'slowDisk' | 'onOperation'> {
  /** What is done until a death. It may open and close stores, and die. */
  workload(laboratory: CrashLaboratory): Promise<void>
  /** Called at each moment at which the workload may die: what the check must know of it, as a copy. */
  remember(): Memory
  /**
   * Throws when something is wrong with what a death left: the disk of this laboratory. It is called once for each
   * death, and may live on there, die and open again. While its first store opens and recovers, it may die again:
   * then another check begins with what that left.
   */
  check(laboratory: CrashLaboratory, crash: Crash<Memory>): Promise<void>
  /** Default: all. */
  readonly deaths?: readonly Death[]
  /** The most moments at which to die, chosen by the seed among all; default: every one. */
  readonly crashPointCount?: number
  /** Dies at this moment only, by the number that a failure names. */
  readonly onlyCrashPoint?: number
  /**
   * At how many moments a recovery dies, chosen by the seed; `Infinity` for every one. A fraction is a chance.
   * Recoveries after such a death die in turn, twice. Default 1.
   */
  readonly crashesInRecovery?: number
}

/** What a run came to. */
export interface CrashReport {
  readonly seed: number
  /** Operations of the workload that changed something. */
  readonly operationCount: number
  /** How many disks were checked after each death of the workload. */
  readonly crashes: Readonly<Record<Death, number>>
  /** How many more after deaths while a store was opened. */
  readonly crashesInRecovery: number
}

/** A check found something wrong. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
  readonly seed: number
  /** The moment of the death, for `onlyCrashPoint`. */
  readonly crashPoint: number
  readonly deaths: readonly string[]
  /** One sentence for each file that the last death changed. */
  readonly lost: readonly string[]

  constructor(
    seed: number,
    crashPoint: number,
    died: readonly string[],
    lost: readonly string[],
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const losses = lost.length === 0 ? 'nothing was lost' : `lost: ${lost.join('; ')}`
    super(`${reason} (seed ${seed}, crash point ${crashPoint}, ${died.join(', then ')}; ${losses})`, {
      cause,
    })
    this.seed = seed
    this.crashPoint = crashPoint
    this.deaths = died
    this.lost = lost
  }
}

const recoveryDepthMax = 3

/**
 * Lets a workload die at every operation.
 *
 * @throws {CrashError} at the first check that fails; what the workload itself throws, as it is.
 */
export async function crashAtEvery<Memory>(options: CrashRunOptions<Memory>): Promise<CrashReport> {
  return new CrashRun(options).run()
}

class CrashRun<Memory> {
  readonly #options: CrashRunOptions<Memory>
  readonly #seed: number
  readonly #crashes: Record<Death, number> = { killed: 0, ordered: 0, posix: 0 }
  #crashesInRecovery = 0

  constructor(options: CrashRunOptions<Memory>) {
    this.#options = options
    this.#seed = options.seed ?? newSeed()
  }

  async run(): Promise<CrashReport> {
    const { workload, remember, onlyCrashPoint, crashPointCount = Infinity } = this.#options
    const laboratory: CrashLaboratory = new CrashLaboratory({
      ...this.#options,
      seed: this.#seed,
      onOperation: (operation) => {
        points.note(operation)
        this.#options.onOperation?.(operation)
      },
    })
    const points = new CrashPoints<Memory>({
      seed: seedFrom(this.#seed, 4),
      countMax: crashPointCount,
      onlyIndex: onlyCrashPoint,
      disk: () => laboratory.disk,
      remember,
    })
    await workload(laboratory)
    points.noteEnd()
    laboratory.stop()
    for (const point of points.points) await this.#dieAt(point)
    return {
      seed: this.#seed,
      operationCount: points.count - 1,
      crashes: this.#crashes,
      crashesInRecovery: this.#crashesInRecovery,
    }
  }

  async #dieAt(point: CrashPoint<Memory>): Promise<void> {
    for (const death of this.#options.deaths ?? deaths) {
      const seed = seedFrom(this.#seed, 8 + point.index * deaths.length + deaths.indexOf(death))
      await this.#check({ point, death, seed, lostPower: death !== 'killed', story: [], start: point.index })
      this.#crashes[death]++
    }
  }

  async #check(stage: Stage<Memory>): Promise<void> {
    const { point, death, seed, lostPower, start } = stage
    const story = [...stage.story, `${death} ${point.where}`]
    const disk = diskAfter(point.disk, death, seed)
    const points = this.#recoveryPoints(stage, () => laboratory.disk)
    const laboratory: CrashLaboratory = new CrashLaboratory(
      {
        ...this.#options,
        seed,
        onOperation: (operation) => {
          if (laboratory.isRecovering) points?.note(operation)
        },
      },
      disk,
    )
    try {
      await this.#options.check(laboratory, {
        death,
        lostPower,
        where: point.where,
        remembered: point.remembered,
      })
    } catch (cause) {
      throw new CrashError(this.#seed, start, story, await describeLoss(point.disk, disk), cause)
    } finally {
      laboratory.stop()
    }
    for (const again of points?.points ?? []) await this.#dieInRecovery({ ...stage, story, point: again })
  }

  async #dieInRecovery(stage: Stage<Memory>): Promise<void> {
    const seed = seedFrom(stage.seed, stage.point.index)
    const death = deaths[new SeededRandom(seed).upTo(deaths.length - 1)] as Death
    await this.#check({ ...stage, seed, death, lostPower: stage.lostPower || death !== 'killed' })
    this.#crashesInRecovery++
  }

  /** Where an opening dies; `undefined` where it does not. */
  #recoveryPoints(stage: Stage<Memory>, disk: () => MemoryFileSystem): CrashPoints<Memory> | undefined {
    const wanted = this.#options.crashesInRecovery ?? 1
    if (stage.story.length >= recoveryDepthMax - 1) return undefined
    const random = new SeededRandom(seedFrom(stage.seed, 4))
    const countMax = wanted < 1 && random.chance(wanted) ? 1 : Math.floor(wanted)
    if (countMax === 0) return undefined
    const { remembered } = stage.point
    return new CrashPoints({ seed: seedFrom(stage.seed, 5), countMax, disk, remember: () => remembered })
  }
}

/** A check to come. */
interface Stage<Memory> {
  readonly point: CrashPoint<Memory>
  readonly death: Death
  readonly seed: number
  readonly lostPower: boolean
  /** The deaths before this one. */
  readonly story: readonly string[]
  /** The moment of the first of them. */
  readonly start: number
}
