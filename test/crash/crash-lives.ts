/** Lives of a tested store in the laboratory that die at their operations: by the script, and at random. */
import {
  type CrashReport,
  type CrashRunOptions,
  crashAtEvery,
} from '../../src/testing/laboratory/crash-at-every.ts'
import { type Death, deaths } from '../../src/testing/laboratory/death.ts'
import { makeRandomMove } from './random-moves.ts'
import { liveByTheScript } from './scripted-life.ts'
import { type CheckToll, checkSecondLife } from './second-life.ts'
import { roomSizeBytes } from './small-stores.ts'
import { type Compaction, type Moment, TestedStore } from './tested-store.ts'

/** What lives came to, together. */
export class CrashToll implements CheckToll {
  lives = 0
  operations = 0
  readonly crashes: Record<Death, number> = { killed: 0, ordered: 0, posix: 0 }
  crashesInRecovery = 0
  shortCount = 0
  compressedCount = 0
  /** How often room was written ahead in a log. */
  roomCount = 0

  add({ operationCount, crashes, crashesInRecovery }: CrashReport): void {
    this.lives++
    this.operations += operationCount
    for (const death of deaths) this.crashes[death] += crashes[death]
    this.crashesInRecovery += crashesInRecovery
  }
}

type Places = Omit<CrashRunOptions<Moment>, 'workload' | 'remember' | 'check'>

/** Lives, and then once more from each disk that a death would have left. Throws when a promise is broken. */
async function liveAndDie(
  live: (tested: TestedStore) => Promise<void>,
  compaction: Compaction,
  places: Places,
  toll: CrashToll,
): Promise<void> {
  let tested: TestedStore | undefined
  const report = await crashAtEvery<Moment>({
    ...places,
    onOperation: ({ name, path, length }) => {
      if (name === 'write' && length === roomSizeBytes && path.endsWith('.log')) toll.roomCount++
    },
    workload: async (laboratory) => {
      tested = new TestedStore(laboratory, compaction)
      await live(tested)
    },
    remember: () => {
      if (tested === undefined) throw new Error('nobody lives yet')
      return tested.moment
    },
    check: (laboratory, crash) => checkSecondLife(laboratory, crash, toll),
  })
  toll.add(report)
}

export function liveByTheScriptAndDie(places: Places, toll: CrashToll): Promise<void> {
  return liveAndDie(liveByTheScript, 'leveled', places, toll)
}

/** Opens, writes once, and does it again: a life of little but openings, which dies everywhere. */
export function liveShortlyAndDie(seed: number, toll: CrashToll): Promise<void> {
  const live = async (tested: TestedStore): Promise<void> => {
    await tested.open()
    await tested.write([{ key: 'a', value: tested.newValue(10) }], 'disk')
    await tested.die('killed')
    await tested.write([{ key: 'b', value: tested.newValue(10) }], 'os')
    await tested.close()
  }
  return liveAndDie(live, 'leveled', { seed, deaths: ['posix'], crashesInRecovery: 0 }, toll)
}

export interface RandomLife {
  readonly seed: number
  readonly compaction: Compaction
  readonly moveCount: number
  /** Dies only there. */
  readonly onlyCrashPoint?: number | undefined
}

/** Of one seed everything follows: the disk slow or quick, large batches or none, the moves, the deaths. */
export function liveAtRandomAndDie(life: RandomLife, toll: CrashToll): Promise<void> {
  const { seed, compaction, moveCount, onlyCrashPoint } = life
  const hasLargeBatches = seed % 16 === 5
  const places: Places = {
    seed,
    slowDisk: seed % 2 === 1,
    crashPointCount: 6,
    crashesInRecovery: 0.1,
    // A kill loses the least; power loss is tried more often.
    deaths: seed % 4 === 0 ? deaths : ['ordered', 'posix'],
    ...(onlyCrashPoint !== undefined && { onlyCrashPoint }),
  }
  const live = async (tested: TestedStore): Promise<void> => {
    await tested.open()
    for (let move = 0; move < moveCount; move++) await makeRandomMove(tested, { hasLargeBatches })
    await tested.close()
  }
  return liveAndDie(live, compaction, places, toll)
}
