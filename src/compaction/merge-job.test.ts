import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainEntry } from '../../test/support/entries.ts'
import { arenaOf, compactionJob, flushJob, runWhole, tinySegments } from '../../test/support/merge-jobs.ts'
import { createFolder } from '../../test/support/segments.ts'
import { outputNumberCount, plainBytesMax } from './merge-job.ts'

/** Header, footer and what else a segment has whatever is in it. */
const fixedBytes = 600

describe('outputNumberCount', () => {
  it('is enough for a flush and for a compaction, however small segments and blocks are', async () => {
    const anySettings = fc.record({
      blockSizeBytes: fc.integer({ min: 64, max: 400 }),
      blockCountMax: fc.integer({ min: 1, max: 5 }),
      segmentSizeBytes: fc.integer({ min: 100, max: 5000 }),
      compression: fc.constantFrom('lz4' as const, 'none' as const),
    })
    const anyLengths = fc.array(fc.integer({ min: 0, max: 600 }), {
      minLength: 1,
      maxLength: 200,
      size: 'max',
    })
    await fc.assert(
      fc.asyncProperty(anySettings, anyLengths, async (shape, lengths) => {
        const fs = await createFolder()
        const segmentSettings = { ...tinySegments, ...shape }
        const entries = lengths.map((length, i) =>
          plainEntry(`${String(i).padStart(4, '0')}`, i + 1, 'x'.repeat(length)),
        )
        const bytes = entries.reduce((sum, { value }) => sum + 4 + value.length, 0)
        const count = outputNumberCount(bytes, segmentSettings)
        const { added } = runWhole(
          flushJob([arenaOf(entries)], { segmentSettings, outputNumbers: { first: 1, count } }),
          fs,
        )
        const plain = { ...segmentSettings, compression: 'none' as const }
        const again = outputNumberCount(plainBytesMax(added), plain)
        const written = runWhole(
          compactionJob([added], { segmentSettings: plain, outputNumbers: { first: 50_000, count: again } }),
          fs,
        )
        expect(written.bytesWritten).toBeLessThan(plainBytesMax(added) + written.added.length * fixedBytes)
      }),
      { numRuns: 60 },
    )
  })

  it('counts a cut for every segment of the level below', () => {
    expect(outputNumberCount(0, tinySegments, 50) - outputNumberCount(0, tinySegments)).toBe(50)
  })
})
