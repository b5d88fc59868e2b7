/**
 * Random lives with a compaction of one kind, each from a seed of its own, that die at operations the seed chooses.
 * `VARVE_SEED` repeats the run; `VARVE_LIFE` repeats one life, and `VARVE_CRASH_POINT` one of its deaths.
 */
import { expect, test } from 'vitest'
import { reportFigure, roundCountOf } from '../support/figures.ts'
import { CrashToll, liveAtRandomAndDie } from './crash-lives.ts'
import { runSeed } from './seeds.ts'
import type { Compaction } from './tested-store.ts'

const moveCount = Number(process.env.VARVE_MOVES ?? 40)
/** Many tests, so that one that hangs names the lives that it tried. */
const partCount = 5
const timeoutMs = roundCountOf(600_000, 36_000_000)

function numberFrom(name: string): number | undefined {
  const text = process.env[name]
  return text === undefined ? undefined : Number(text)
}

export function testRandomCrashes(compaction: Compaction): void {
  const onlySeed = numberFrom('VARVE_LIFE')
  const onlyCrashPoint = numberFrom('VARVE_CRASH_POINT')
  if (onlySeed !== undefined) {
    test(`the random life of seed ${onlySeed}, ${compaction}`, { timeout: timeoutMs }, async () => {
      const toll = new CrashToll()
      await liveAtRandomAndDie({ seed: onlySeed, compaction, moveCount, onlyCrashPoint }, toll)
      console.log(toll)
    })
    return
  }
  const lifeCount = Math.ceil(roundCountOf(250, 10_000) / partCount)
  const firstSeed = runSeed + (compaction === 'leveled' ? 0 : 1_000_000)
  for (let part = 0; part < partCount; part++) {
    const name = `${compaction}, part ${part + 1} of ${partCount}`
    test(`what a death leaves of a random life opens with every promise kept, ${name}`, {
      timeout: timeoutMs,
    }, async () => {
      const toll = new CrashToll()
      for (let life = 0; life < lifeCount; life++) {
        const seed = (firstSeed + part * lifeCount + life) % 2 ** 32
        try {
          await liveAtRandomAndDie({ seed, compaction, moveCount }, toll)
        } catch (cause) {
          throw new Error(`repeat with VARVE_LIFE=${seed} (and VARVE_CRASH_POINT): ${messageOf(cause)}`, {
            cause,
          })
        }
      }
      expect(toll.crashes.posix).toBeGreaterThan(lifeCount)
      expect(toll.shortCount).toBeGreaterThan(0)
      expect(toll.compressedCount).toBeGreaterThan(0)
      expect(toll.roomCount).toBeGreaterThan(lifeCount / 2)
      reportFigure('crash states, ordered', toll.crashes.ordered)
      reportFigure('crash states, posix', toll.crashes.posix)
      reportFigure('crash states, killed', toll.crashes.killed)
      reportFigure('crash states with compressed blocks', toll.compressedCount)
      reportFigure('room written ahead', toll.roomCount)
      reportFigure('crashes inside recovery', toll.crashesInRecovery)
      reportFigure('simulated seeds', toll.lives)
    })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
