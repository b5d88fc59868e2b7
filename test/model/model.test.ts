/**
 * The store against the oracle, by random moves, over stores of many shapes. `VARVE_SEED` repeats a run;
 * `VARVE_MOVES` makes it longer or shorter: the moves of each option set.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { reportFigure, roundCountOf } from '../support/figures.ts'
import { runModel } from './model-run.ts'
import { type OptionSet, optionSets } from './option-sets.ts'
import { emptyReport, type RunReport, sumOf } from './run-report.ts'

const seed = Number(process.env.VARVE_SEED ?? Math.floor(Math.random() * 2 ** 31))
const usualMoveCount = Number(process.env.VARVE_MOVES ?? roundCountOf(8_000, 280_000))
const reports: RunReport[] = []
let workerCount = 0
process.on('worker', () => {
  workerCount++
})
const root = mkdtempSync(join(tmpdir(), 'varve-model-'))

afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a store of any shape agrees with the oracle after every random move', () => {
  for (const [index, options] of optionSets.entries()) {
    test(`${options.name}`, { timeout: 0 }, async () => {
      const report = emptyReport()
      reports.push(report)
      const began = performance.now()
      const path = join(root, String(index))
      await runModel({ options, seed, moveCount: moveCountOf(options), path, report }).finally(() => {
        const seconds = ((performance.now() - began) / 1000).toFixed(1)
        console.log(`${options.name}: VARVE_SEED=${seed}, ${seconds} s, ${JSON.stringify(report)}`)
      })
    })
  }
})

test.skipIf(process.env.VARVE_MOVES !== undefined)('the runs did enough to prove something', () => {
  const sum = sumOf(reports)
  console.log(`all runs: ${JSON.stringify(sum)}, worker threads: ${workerCount}`)
  expect(reports).toHaveLength(optionSets.length)
  expect(sum.operations).toBeGreaterThanOrEqual(200_000)
  expect(sum.flushes).toBeGreaterThanOrEqual(500)
  expect(sum.compactions).toBeGreaterThanOrEqual(200)
  expect(sum.compressions).toBeGreaterThanOrEqual(200)
  expect(sum.levels).toBeGreaterThanOrEqual(3)
  expect(sum.crossedReaders).toBeGreaterThanOrEqual(1_000)
  expect(sum.reopens).toBeGreaterThanOrEqual(200)
  expect(workerCount).toBeGreaterThanOrEqual(1)
  reportFigure('model operations', sum.operations)
})

/** A real disk answers when it likes. */
function moveCountOf({ isReal }: OptionSet): number {
  return isReal ? usualMoveCount / 4 : usualMoveCount
}
