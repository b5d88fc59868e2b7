/**
 * Repairs a damaged store and judges what came of it: nothing that was never written, and outside of the ranges that
 * are reported as lost exactly what was there, so that nothing is missing, outdated or back without a word.
 */
import { expect } from 'vitest'
import { compareBytes } from '../../src/bytes/compare-bytes.ts'
import { joinPath } from '../../src/fs/file-names.ts'
import type { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { repair } from '../../src/repair/repair.ts'
import type { LostKeys, RepairReport } from '../../src/repair/repair-report.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import type { Content } from '../crash/commit-history.ts'
import { namesOf, readFileOf } from '../crash/files-of-store.ts'
import { settle } from '../crash/settling.ts'
import { contentOf, storePath } from '../crash/small-stores.ts'
import type { SoundStore } from './sound-stores.ts'

const targetPath = '/stores/repaired'
const options = {
  memoryBudgetBytes: 16 * 1024 * 1024,
  tuning: { arenaSizeBytes: 64 * 1024, arenaCountMax: 3, cacheBudgetBytes: 64 * 1024 },
}

/** How much of a store a repair brought back. */
export type Saved = 'everything' | 'all but a range' | 'what may be everything'

export async function repairAndJudge(sound: SoundStore, disk: MemoryFileSystem): Promise<Saved> {
  const before = await bytesOf(disk)
  const time = new VirtualTime(new SeededRandom(1))
  const parts = { ...options, fileSystem: disk, clock: time, scheduler: time }
  try {
    const report = await settle(repair(storePath, { ...parts, target: targetPath }), time, 'repair()')
    expect(await bytesOf(disk), 'the damaged store is as it was').toEqual(before)
    const store = await settle(LogStructuredStore.open(targetPath, parts), time, 'open()')
    const found = await contentOf(store)
    expect(await store.check()).toMatchObject({ ok: true })
    await settle(store.close(), time, 'close()')
    judge(sound, found, report)
    if (report.ok) return 'everything'
    return report.lost.some(({ keys }) => isWhole(keys)) ? 'what may be everything' : 'all but a range'
  } finally {
    time.stop()
  }
}

function judge(sound: SoundStore, found: Content, report: RepairReport): void {
  expect(report.entryCount).toBe(found.length)
  expect(report.ok).toBe(report.lost.length === 0)
  if (!report.ok) expect(report.damagedFiles.length).toBeGreaterThan(0)
  for (const { path, offset } of report.lost) {
    expect(path.startsWith(`${storePath}/`)).toBe(true)
    expect(offset).toBeGreaterThanOrEqual(0)
  }
  const written = new Set(
    sound.history.commits.flatMap(({ changes }) =>
      changes.map(({ key, value }) => JSON.stringify([key, value])),
    ),
  )
  for (const entry of found) expect(written, 'what was never written').toContain(JSON.stringify(entry))
  const outside = (content: Content): Content =>
    content.filter(([key]) => !report.lost.some(({ keys }) => holds(keys, Buffer.from(key))))
  const commits = sound.history.commits.length
  // After a kill the end that was never proven to be synced may be torn.
  const lengths = sound.isProven ? [commits] : Array.from({ length: commits + 1 }, (_, i) => commits - i)
  const wanted = JSON.stringify(outside(found))
  const isTrue = lengths.some(
    (length) => JSON.stringify(outside(sound.history.contentAfter(length))) === wanted,
  )
  if (!isTrue) expect(outside(found), 'outside of what is reported').toEqual(outside(sound.content))
  expect(report.doubtfulCount).toBeLessThanOrEqual(found.length - outside(found).length)
}

function holds({ gt, gte, lt, lte }: LostKeys, key: Uint8Array): boolean {
  return (
    (gt === undefined || compareBytes(key, gt) > 0) &&
    (gte === undefined || compareBytes(key, gte) >= 0) &&
    (lt === undefined || compareBytes(key, lt) < 0) &&
    (lte === undefined || compareBytes(key, lte) <= 0)
  )
}

function isWhole(keys: LostKeys): boolean {
  return Object.values(keys).every((bound) => bound === undefined)
}

async function bytesOf(disk: MemoryFileSystem): Promise<Record<string, string>> {
  const bytes: Record<string, string> = {}
  for (const name of await namesOf(disk)) {
    bytes[name] = Buffer.from(await readFileOf(disk, joinPath(storePath, name))).toString('latin1')
  }
  return bytes
}
