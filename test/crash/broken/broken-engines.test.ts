/** The other tests of test/crash would notice: each way to break the engine is found by one of their hunts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { breakages } from './breakages.ts'
import { buildBrokenEngine } from './broken-engine.ts'
import type { Hunt } from './hunts.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-broken-'))
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Far more than it takes. */
const roundCountsMax: Record<Hunt, number> = {
  'random crashes': 100,
  'scripted crashes': 30,
  'crashes of short lives': 40,
  'failing operations': 300,
  'failed syncs': 40,
  'many versions': 10,
}
const timeoutMs = 300_000

describe('an engine', () => {
  for (const breakage of breakages) {
    test(`is found out when ${breakage.name}`, { timeout: timeoutMs }, async () => {
      const { hunt } = await buildBrokenEngine(breakage, folder)
      if (breakage.kernel !== undefined) vi.stubEnv('VARVE_KERNEL', breakage.kernel)
      const found = await hunt(breakage.hunt, roundCountsMax[breakage.hunt])
      console.log(`${breakage.name}: ${found?.slice(0, 240)}`)
      expect(found).toBeDefined()
    })
  }

  test('that nobody broke passes every hunt', { timeout: timeoutMs }, async () => {
    const { hunt } = await buildBrokenEngine({ name: 'whole', hunt: 'failed syncs', changes: [] }, folder)
    for (const kind of Object.keys(roundCountsMax) as Hunt[]) {
      expect(await hunt(kind, roundCountsMax[kind] > 50 ? 20 : 5), kind).toBeUndefined()
    }
  })

  test('cannot be broken in a place that is not there', async () => {
    const change = { file: 'store/live-sequences.ts', find: 'not there', replace: '' }
    const breakage = { name: 'nowhere', hunt: 'failed syncs', changes: [change] } as const
    await expect(buildBrokenEngine(breakage, folder)).rejects.toThrow(/0 times instead of once/)
  })
})
