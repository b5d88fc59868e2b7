import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PlainEntry, plainEntry, someEntries, sortEntries } from '../../test/support/entries.ts'
import {
  arenaOf,
  compactionJob,
  directory,
  entriesIn,
  flushJob,
  namesIn,
  runWhole,
  survivorsOf,
  tinySegments,
  unlimited,
} from '../../test/support/merge-jobs.ts'
import { createFolder } from '../../test/support/segments.ts'
import { hex } from '../../test/support/table-model.ts'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { CorruptionError, systemCodeOf } from '../errors.ts'
import type { FileOperation } from '../fs/file-operation.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { createSystemError } from '../fs/system-error.ts'
import { InvariantError } from '../invariant.ts'
import { MemTable } from '../memtable/mem-table.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { Clock } from '../time/clock.ts'
import { systemClock } from '../time/clock.ts'
import type { MergeJob } from './merge-job.ts'
import { MergeJobRunner } from './merge-job-runner.ts'

/** Each look at the clock costs a millisecond. */
class LookingClock implements Clock {
  looks = 0

  monotonicMs(): number {
    this.looks += 1
    return this.looks
  }

  wallTimeMs(): number {
    return 0
  }
}

const everything = { smallestKey: new Uint8Array(0), largestKey: new Uint8Array(400).fill(255) }

/** `count` puts of 20 bytes or so. */
function manyEntries(count: number, firstSequence = 1): PlainEntry[] {
  return Array.from({ length: count }, (_, i) =>
    plainEntry(`key ${String(i).padStart(6, '0')}`, firstSequence + i, `value ${i}`),
  )
}

function expectWellFormed(added: readonly SegmentMeta[]): void {
  for (const [i, meta] of added.entries()) {
    const before = added[i - 1]
    if (before !== undefined) expect(compareBytes(before.largestKey, meta.smallestKey)).toBeLessThan(0)
  }
}

describe('a flush', () => {
  it('writes what outlives it, whatever is in the MemTable', async () => {
    await fc.assert(
      fc.asyncProperty(someEntries, fc.infiniteStream(fc.boolean()), async (entries, coin) => {
        const fs = await createFolder()
        const live = entries
          .map(({ sequenceNumber }) => sequenceNumber)
          .filter(() => coin.next().value === true)
        const job = flushJob([arenaOf(narrow(entries))], {
          liveSequences: [...new Set([...live, 2 ** 47])].sort((a, b) => a - b),
        })
        const result = runWhole(job, fs)
        const expected = survivorsOf(narrow(entries), job)
        expect(await entriesIn(fs, result.added)).toEqual(expected.map((entry) => ({ ...entry, flags: 0 })))
        expect(result.entriesRead).toBe(entries.length)
        expect(result.entriesDropped).toBe(entries.length - expected.length)
        expectWellFormed(result.added)
      }),
      { numRuns: 60 },
    )
  })

  it('leaves no file when nothing outlives it', async () => {
    const fs = await createFolder()
    const result = runWhole(flushJob([arenaOf([plainEntry('a', 2), plainEntry('a', 1, 'x')])]), fs)
    expect(result).toMatchObject({ added: [], bytesWritten: 0, entriesRead: 2, entriesDropped: 2 })
    expect(await namesIn(fs)).toEqual([])
  })

  it('merges several MemTables into one run, newest first', async () => {
    const fs = await createFolder()
    const older = arenaOf([plainEntry('a', 1, 'old'), plainEntry('b', 2, 'b')])
    const newer = arenaOf([plainEntry('a', 3, 'new'), plainEntry('c', 4, 'c')])
    const { added } = runWhole(flushJob([newer, older]), fs)
    expect(await entriesIn(fs, added)).toEqual([
      plainEntry('a', 3, 'new'),
      plainEntry('b', 2, 'b'),
      plainEntry('c', 4, 'c'),
    ])
  })

  it('leaves out what a MemTable hides from all readers', async () => {
    const fs = await createFolder()
    const arena = arenaOf([
      plainEntry('a', 1, 'x'),
      plainEntry('a', 2, 'rejected'),
      plainEntry('b', 3, 'rejected'),
    ])
    MemTable.attach(arena).visibleLimit = 1
    const { added } = runWhole(flushJob([arena]), fs)
    expect(await entriesIn(fs, added)).toEqual([plainEntry('a', 1, 'x')])
  })

  it('keeps tombstones for what the segments may hold', async () => {
    const fs = await createFolder()
    const interval = { smallestKey: Uint8Array.of(0x62), largestKey: Uint8Array.of(0x63) }
    const arena = arenaOf([plainEntry('a', 1), plainEntry('b', 2), plainEntry('d', 3)])
    const { added } = runWhole(flushJob([arena], { deeperIntervals: [[interval]] }), fs)
    expect(await entriesIn(fs, added)).toEqual([plainEntry('b', 2)])
  })
})

describe('a compaction', () => {
  it('gives one run that holds what outlives it, and never parts the versions of a key', async () => {
    await fc.assert(
      fc.asyncProperty(
        someEntries,
        fc.array(fc.nat(3), { minLength: 120, maxLength: 120 }),
        async (all, ages) => {
          const fs = await createFolder()
          const every = [...narrow(all).map(({ sequenceNumber }) => sequenceNumber), 2 ** 47].sort(
            (a, b) => a - b,
          )
          const keepAll = { liveSequences: every, deeperIntervals: [[everything]] }
          // A run holds a stretch of time, so that newer runs hold newer entries.
          const bySequence = [...narrow(all)].sort((a, b) => a.sequenceNumber - b.sequenceNumber)
          const sorted = [...ages].sort()
          const runs = [3, 2, 1, 0]
            .map((age) => bySequence.filter((_, i) => sorted[Math.floor((i * 120) / all.length)] === age))
            .filter((run) => run.length > 0)
          const inputs = runs.map((run, i) => {
            const numbers = { first: 100 * (i + 1), count: 100 }
            return runWhole(flushJob([arenaOf(run)], { ...keepAll, outputNumbers: numbers }), fs).added
          })
          const job = compactionJob(inputs, {
            liveSequences: every.filter((_, i) => i % 3 === 0),
          })
          const result = runWhole(job, fs)
          expectWellFormed(result.added)
          expect(await entriesIn(fs, result.added)).toEqual(
            survivorsOf(narrow(all), job).map((entry) => ({ ...entry, flags: 0 })),
          )
          expect(result.bytesRead).toBe(inputs.flat().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
          expect(result.bytesWritten).toBe(result.added.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('closes segments at the first border between keys past their size', async () => {
    const fs = await createFolder()
    const { added } = runWhole(flushJob([arenaOf(manyEntries(200))]), fs)
    const again = runWhole(
      compactionJob([added], { segmentSettings: { ...tinySegments, segmentSizeBytes: 2000 } }),
      fs,
    )
    expect(added.length).toBeGreaterThan(8)
    expect(again.added.length).toBeGreaterThan(2)
    expect(again.added.length).toBeLessThan(added.length)
    expect(again.added.map(({ number }) => number)).toEqual(again.added.map((_, i) => 5000 + i))
  })

  it('cuts outputs where they would overlap too much of the level below them', async () => {
    const fs = await createFolder()
    const { added } = runWhole(flushJob([arenaOf(manyEntries(200))]), fs)
    const segmentSettings = { ...tinySegments, segmentSizeBytes: 1_000_000 }
    const keys = [50, 60, 150].map((i) => new TextEncoder().encode(`key ${String(i).padStart(6, '0')}`))
    const grandparents = keys.map((largestKey) => ({ largestKey, sizeBytes: 9_000_000 }))
    const result = runWhole(compactionJob([added], { segmentSettings, grandparents }), fs)
    const counts = result.added.map(({ entryCount }) => entryCount)
    expect(counts).toEqual([61, 139])
  })

  it('tells of damage in an input and leaves no output', async () => {
    const fs = await createFolder()
    const { added } = runWhole(flushJob([arenaOf(manyEntries(200))]), fs)
    const names = await namesIn(fs)
    const file = fs.openSync(`${directory}/${names.at(-1)}`, 'update')
    file.writeSync(Uint8Array.of(1, 2, 3), 100)
    file.closeSync()
    expect(() => runWhole(compactionJob([added]), fs)).toThrow(CorruptionError)
    expect(await namesIn(fs)).toEqual(names)
  })

  it('refuses to go on when its file numbers are used up', async () => {
    const fs = await createFolder()
    const { added } = runWhole(flushJob([arenaOf(manyEntries(200))]), fs)
    const names = await namesIn(fs)
    const job = compactionJob([added], { outputNumbers: { first: 5000, count: 2 } })
    expect(() => runWhole(job, fs)).toThrow(InvariantError)
    expect(await namesIn(fs)).toEqual(names)
  })
})

describe('steps', () => {
  it('end when their time is over', async () => {
    const fs = await createFolder()
    const clock = new LookingClock()
    const runner = new MergeJobRunner(flushJob([arenaOf(manyEntries(1000))]), fs, clock)
    let stepCount = 0
    let done = false
    while (!done) {
      const before = clock.looks
      done = runner.step({ durationMs: 3, bytes: Infinity })
      stepCount += 1
      expect(clock.looks - before).toBeLessThanOrEqual(4)
    }
    expect(stepCount).toBeGreaterThan(10)
    expect(runner.result().entriesRead).toBe(1000)
  })

  it('end when they have moved their bytes', async () => {
    const fs = await createFolder()
    const runner = new MergeJobRunner(flushJob([arenaOf(manyEntries(1000))]), fs, systemClock)
    let last = 0
    while (!runner.step({ durationMs: Infinity, bytes: 2000 })) {
      const { entryBytes } = runner.progress
      // A look is taken after at most 64 entries of 20 bytes.
      expect(entryBytes - last).toBeLessThan(2000 + 64 * 20)
      last = entryBytes
    }
    expect(runner.progress.entryBytes).toBe(runner.result().bytesRead)
    expect(runner.progress.bytesWritten).toBe(runner.result().bytesWritten)
  })

  it('give the same files however they are cut', async () => {
    const entries = manyEntries(500)
    const whole = await createFolder()
    const sliced = await createFolder()
    runWhole(flushJob([arenaOf(entries)]), whole)
    const runner = new MergeJobRunner(flushJob([arenaOf(entries)]), sliced, new LookingClock())
    while (!runner.step({ durationMs: 0, bytes: 0 })) {}
    expect(await contentOf(sliced)).toEqual(await contentOf(whole))
  })

  it('stop at abort(), which removes the outputs, those of a finished job too', async () => {
    const fs = await createFolder()
    for (const stepCount of [0, 1, 5, 20, 100_000]) {
      const runner = new MergeJobRunner(flushJob([arenaOf(manyEntries(300))]), fs, new LookingClock())
      for (let i = 0; i < stepCount; i += 1) if (runner.step({ durationMs: 0, bytes: 0 })) break
      runner.abort()
      runner.abort()
      expect(await namesIn(fs)).toEqual([])
      expect(() => runner.step(unlimited)).toThrow(InvariantError)
      expect(fs.usedBytes).toBe(0)
    }
  })
})

describe('a failing file system', () => {
  it('fails the job with its own error, whichever call fails, and no output stays', async () => {
    const failures: string[] = []
    for (let k = 1; ; k += 1) {
      const { fs, job, arm } = await compactionOn()
      const names = await namesIn(fs)
      const hit = arm(k, () => true)
      const runner = new MergeJobRunner(job, fs, systemClock)
      let isFailed = false
      try {
        while (!runner.step({ durationMs: 0, bytes: 0 })) {}
      } catch (error) {
        expect(systemCodeOf(error)).toBe('EIO')
        isFailed = true
      }
      const operation = hit()
      if (operation === undefined) break
      failures.push(operation.name)
      if (isFailed) expect(await namesIn(fs)).toEqual(names)
      // Nothing depends on how a file is closed that was only read.
      else expect([operation.name, names.includes(basename(operation.path))]).toEqual(['close', true])
    }
    expect(new Set(failures)).toEqual(
      new Set(['open', 'size', 'read', 'write', 'sync', 'close', 'syncDirectory']),
    )
  })

  it('keeps the first error when removing the outputs fails too', async () => {
    const { fs, job, arm } = await compactionOn()
    const hit = arm(1, (operation) => operation.name === 'unlink')
    const full = arm(3, (operation) => operation.name === 'write', 'ENOSPC')
    expect(() => runWhole(job, fs)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    expect(full()).toBeDefined()
    expect(hit()).toBeDefined()
  })

  it('has every output and its name on the disk when the job is done', async () => {
    const fs = await createFolder()
    const { added } = runWhole(flushJob([arenaOf(manyEntries(300))]), fs)
    for (let seed = 0; seed < 10; seed += 1) {
      const after = fs.crashed({ seed, profile: 'posix' })
      expect(await entriesIn(after, added)).toEqual(manyEntries(300))
    }
  })
})

/** A compaction whose `k`-th matching operation, counted from when it is armed, fails. */
async function compactionOn(): Promise<{
  fs: MemoryFileSystem
  job: MergeJob
  arm: (
    k: number,
    matches: (operation: FileOperation) => boolean,
    code?: string,
  ) => () => FileOperation | undefined
}> {
  const hooks: ((operation: FileOperation) => void)[] = []
  const fs = new MemoryFileSystem({
    onOperation: (operation) => {
      for (const hook of hooks) hook(operation)
    },
  })
  await fs.makeDirectory(directory)
  const older = runWhole(flushJob([arenaOf(manyEntries(40))]), fs).added
  const newer = runWhole(
    flushJob([arenaOf(manyEntries(40, 1000))], { outputNumbers: { first: 200, count: 99 } }),
    fs,
  ).added
  const arm = (k: number, matches: (operation: FileOperation) => boolean, code = 'EIO') => {
    let count = 0
    let hit: FileOperation | undefined
    hooks.push((operation) => {
      if (hit !== undefined || !matches(operation)) return
      count += 1
      if (count < k) return
      hit = operation
      throw createSystemError(code as 'EIO', operation.name, operation.path)
    })
    return () => hit
  }
  return { fs, job: compactionJob([newer, older]), arm }
}

/** The sequence numbers of a MemTable lie close together: same order, no gaps. */
function narrow(entries: readonly PlainEntry[]): PlainEntry[] {
  const order = entries.map(({ sequenceNumber }) => sequenceNumber).sort((a, b) => a - b)
  return sortEntries(
    entries.map((entry) => ({ ...entry, flags: 0, sequenceNumber: 1 + order.indexOf(entry.sequenceNumber) })),
  )
}

async function contentOf(fs: MemoryFileSystem): Promise<string[]> {
  const names = await namesIn(fs)
  return names.map((name) => {
    const file = fs.openSync(`${directory}/${name}`, 'read')
    const bytes = new Uint8Array(file.sizeSync())
    file.readSync(bytes, 0)
    file.closeSync()
    return `${name} ${hex(bytes)}`
  })
}
