/**
 * Dies at every operation of a scripted life that changes something, by each kind of death, opens what is left,
 * and checks the promises of docs/durability.md. Openings die, too.
 */
import { expect, test } from 'vitest'
import { reportFigure, roundCountOf } from '../support/figures.ts'
import { CrashToll, liveByTheScriptAndDie } from './crash-lives.ts'
import { failWithSeed, runSeed } from './seeds.ts'

const timeoutMs = roundCountOf(600_000, 36_000_000)
const lifeCount = roundCountOf(1, 10)

for (const slowDisk of [false, true]) {
  const name = `at every operation of a life by the script${slowDisk ? ', slow disk' : ''}`
  test(`what a death leaves opens with every promise kept, ${name}`, { timeout: timeoutMs }, async () => {
    const toll = new CrashToll()
    for (let life = 0; life < lifeCount; life++) {
      const everywhere = slowDisk ? { crashPointCount: 60 } : {}
      const places = { seed: (runSeed + life) % 2 ** 32, slowDisk, crashesInRecovery: 0.1, ...everywhere }
      try {
        await liveByTheScriptAndDie(places, toll)
      } catch (error) {
        failWithSeed(error, name)
      }
    }
    console.log(`${name}: VARVE_SEED=${runSeed}, ${JSON.stringify(toll)}`)
    for (const count of Object.values(toll.crashes)) expect(count).toBeGreaterThan(slowDisk ? 50 : 300)
    expect(toll.shortCount).toBeGreaterThan(20)
    expect(toll.compressedCount).toBeGreaterThan(0)
    reportFigure('crash states, ordered', toll.crashes.ordered)
    reportFigure('crash states, posix', toll.crashes.posix)
    reportFigure('crash states, killed', toll.crashes.killed)
    reportFigure('crashes inside recovery', toll.crashesInRecovery)
  })
}
