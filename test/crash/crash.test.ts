/**
 * Dies at every operation of a scripted run and at many of random ones, opens what is left, and checks the
 * promises of docs/durability.md. `VARVE_SEED` repeats a run; `VARVE_CRASH_RUNS` makes it longer.
 */
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { CrashRecorder } from './crash-states.ts'
import { makeRandomMove } from './random-moves.ts'
import { SecondLife } from './second-life.ts'
import { failWithSeed, runSeed } from './seeds.ts'
import { TestedStore } from './tested-store.ts'

const runCount = Number(process.env.VARVE_CRASH_RUNS ?? 12)
const moveCount = 60

describe('what a death leaves opens with every promise kept', () => {
  for (let run = 0; run < runCount; run++) {
    const isSlow = run % 2 === 1
    const hasLargeBatches = run % 6 === 5
    const name = `random run ${run}${isSlow ? ', slow disk' : ''}${hasLargeBatches ? ', large batches' : ''}`
    test(name, async () => {
      const seed = runSeed + run * 7919
      const random = new SeededRandom(seed)
      const recorder = new CrashRecorder(random, hasLargeBatches ? 0.03 : 0.06)
      const tested: TestedStore = new TestedStore({
        seed,
        isSlow,
        compaction: run % 4 < 2 ? 'leveled' : 'size-tiered',
        files: { onOperation: (operation) => recorder.note(operation, tested) },
      })
      const secondLife = new SecondLife(random, hasLargeBatches ? 0.002 : 0.02)
      try {
        await tested.open()
        for (let move = 0; move < moveCount; move++) {
          await makeRandomMove(tested, { hasLargeBatches })
          if (random.chance(0.1)) recorder.noteNow(tested)
        }
        await tested.close()
        recorder.noteNow(tested)
        tested.stop()
        for (const state of recorder.states) await secondLife.check(state)
      } catch (error) {
        failWithSeed(error, name)
      }
      console.log(
        `${name}: VARVE_SEED=${runSeed}, ${recorder.operationCount} operations, ${JSON.stringify(secondLife.toll)}`,
      )
      expect(secondLife.toll.stateCount).toBeGreaterThan(0)
    })
  }
})
