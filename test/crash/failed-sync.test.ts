import { expect, test } from 'vitest'
import { surviveFailedSync } from './failed-sync.ts'

test('after a failed sync and a kill, a disk write of the next life keeps all that this life saw', async () => {
  let failedCount = 0
  for (let round = 0; round < 60; round++) if (await surviveFailedSync(round % 12, round)) failedCount++
  console.log(`${failedCount} syncs failed`)
  expect(failedCount).toBeGreaterThan(10)
})
