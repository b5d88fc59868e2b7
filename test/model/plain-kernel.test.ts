/** The store against the oracle once more, shorter, with the kernel in plain TypeScript in all its memories. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { memoryPool } from '../../src/kernel/memory-pool.ts'
import { isWasmMemory } from '../../src/kernel/shared-memory.ts'
import { runModel } from './model-run.ts'
import { optionSets } from './option-sets.ts'
import { emptyReport } from './run-report.ts'

const seed = Number(process.env.VARVE_SEED ?? Math.floor(Math.random() * 2 ** 31))
const moveCount = Number(process.env.VARVE_MOVES ?? 800)
const root = mkdtempSync(join(tmpdir(), 'varve-model-'))

beforeAll(() => {
  expect(memoryPool.memoryCount).toBe(0)
  vi.stubEnv('VARVE_KERNEL', 'js')
})

afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

describe('with VARVE_KERNEL=js, a store of any shape agrees with the oracle after every random move', () => {
  for (const [index, options] of optionSets.entries()) {
    test(`${options.name}`, { timeout: 0 }, async () => {
      const report = emptyReport()
      const path = join(root, String(index))
      await runModel({ options, seed, moveCount: options.isReal ? moveCount / 4 : moveCount, path, report })
      expect(report.operations).toBeGreaterThan(moveCount / 8)
    })
  }
})

test('its memories were not those of WebAssembly', () => {
  const arena = memoryPool.take(65_536)
  expect(memoryPool.memoryCount).toBe(1)
  expect(arena !== undefined && isWasmMemory(arena.memory)).toBe(false)
})
