/**
 * The Level interface against a plain model, by random moves, with readers left open through flushes and compactions.
 * `VARVE_SEED` repeats a run; `VARVE_MOVES` sets its length: 100,000 is the whole.
 */
import { expect, test } from 'vitest'
import { LevelLife } from './level-life.ts'

const seed = Number(process.env.VARVE_SEED ?? Math.floor(Math.random() * 2 ** 31))
const operationCount = Number(process.env.VARVE_MOVES ?? 100_000)

test('a Level agrees with a plain model, old iterators and snapshots included', { timeout: 0 }, async () => {
  const life = new LevelLife(seed)
  const began = performance.now()
  await life.run(operationCount).finally(() => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(`VARVE_SEED=${seed}, ${seconds} s, ${JSON.stringify(life.report)}`)
  })
  expect(life.report.operations).toBe(operationCount)
  expect(life.report.flushes).toBeGreaterThan(operationCount / 2_000)
  expect(life.report.compactions).toBeGreaterThan(operationCount / 5_000)
  expect(life.report.crossedAnswers).toBeGreaterThan(operationCount / 100)
})
