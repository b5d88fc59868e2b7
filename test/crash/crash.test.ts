/**
 * Dies at every operation of a scripted run and at many of random ones, opens what is left, and checks the
 * promises of docs/durability.md. `VARVE_SEED` repeats a run; `VARVE_CRASH_RUNS` makes it longer.
 */
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { CrashRecorder } from './crash-states.ts'
import { makeRandomMove } from './random-moves.ts'
import { liveByTheScript } from './scripted-life.ts'
import { SecondLife } from './second-life.ts'
import { failWithSeed, runSeed } from './seeds.ts'
import { TestedStore } from './tested-store.ts'

const runCount = Number(process.env.VARVE_CRASH_RUNS ?? 12)
const moveCount = 60

interface Run {
  readonly name: string
  readonly seed: number
  readonly isSlow: boolean
  readonly compaction: 'leveled' | 'size-tiered'
  /** How often it dies at an operation. */
  readonly chance: number
  /** How often what is left dies again at an operation while it is opened. */
  readonly recoveryChance: number
  live(tested: TestedStore, recorder: CrashRecorder): Promise<void>
}

describe('what a death leaves opens with every promise kept', () => {
  for (const isSlow of [false, true]) {
    test(`at every operation of a life by the script${isSlow ? ', slow disk' : ''}`, async () => {
      const life = await liveAndDie({
        name: 'by the script',
        seed: runSeed,
        isSlow,
        compaction: 'leveled',
        chance: isSlow ? 0.4 : 1,
        recoveryChance: 0.008,
        live: (tested) => liveByTheScript(tested),
      })
      expect(life.toll.stateCount).toBeGreaterThan(isSlow ? 100 : 300)
      expect(life.toll.shortCount).toBeGreaterThan(20)
    })
  }

  for (let run = 0; run < runCount; run++) {
    const isSlow = run % 2 === 1
    const hasLargeBatches = run % 6 === 5
    const name = `random run ${run}${isSlow ? ', slow disk' : ''}${hasLargeBatches ? ', large batches' : ''}`
    test(name, async () => {
      const life = await liveAndDie({
        name,
        seed: runSeed + run * 7919,
        isSlow,
        compaction: run % 4 < 2 ? 'leveled' : 'size-tiered',
        chance: hasLargeBatches ? 0.06 : 0.15,
        recoveryChance: hasLargeBatches ? 0.002 : 0.02,
        live: async (tested, recorder) => {
          await tested.open()
          for (let move = 0; move < moveCount; move++) {
            await makeRandomMove(tested, { hasLargeBatches })
            if (tested.random.chance(0.1)) recorder.noteNow(tested)
          }
          await tested.close()
          recorder.noteNow(tested)
        },
      })
      expect(life.toll.stateCount).toBeGreaterThan(0)
    })
  }
})

/** Lives once, and then again from every state that a death would have left. */
async function liveAndDie({
  name,
  seed,
  isSlow,
  compaction,
  chance,
  recoveryChance,
  live,
}: Run): Promise<SecondLife> {
  const random = new SeededRandom(seed)
  const recorder = new CrashRecorder(random, chance)
  const tested: TestedStore = new TestedStore({
    seed,
    isSlow,
    compaction,
    files: { onOperation: (operation) => recorder.note(operation, tested) },
  })
  const secondLife = new SecondLife(random, recoveryChance)
  try {
    await live(tested, recorder)
    tested.stop()
    for (const state of recorder.states) await secondLife.check(state)
  } catch (error) {
    failWithSeed(error, name)
  }
  const { operationCount } = recorder
  console.log(
    `${name}: VARVE_SEED=${runSeed}, ${operationCount} operations, ${JSON.stringify(secondLife.toll)}`,
  )
  return secondLife
}
