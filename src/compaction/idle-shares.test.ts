import { describe, expect, it } from 'vitest'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { Version } from '../manifest/version.ts'
import { isWorthEmptying, isWorthFlushing } from './idle-shares.ts'

const MiB = 1024 * 1024

/** One segment a run, of so many MiB. */
function versionOf(...runs: readonly (readonly [level: number, run: number, mib: number])[]): Version {
  const added = runs.map(([level, run, mib], i) => {
    const meta = segmentMeta(i + 1, 'a', 'z', { sizeBytes: mib * MiB })
    return { level, run, meta }
  })
  return Version.empty.apply({ added, removed: [] })
}

describe('a level above the deepest', () => {
  const deepest = { sizeBytes: 1000 }

  it('is emptied from a tenth of it on, whatever that costs', () => {
    expect(isWorthEmptying({ sizeBytes: 101 }, deepest, 1101, 0)).toBe(true)
    expect(isWorthEmptying({ sizeBytes: 100 }, deepest, 1100, 0)).toBe(false)
  })

  it('is emptied from a fortieth of it on when that is paid for', () => {
    expect(isWorthEmptying({ sizeBytes: 26 }, deepest, 1026, 1026)).toBe(true)
    expect(isWorthEmptying({ sizeBytes: 26 }, deepest, 1026, 1025)).toBe(false)
    expect(isWorthEmptying({ sizeBytes: 25 }, deepest, 1025, 1e9)).toBe(false)
  })
})

describe('a MemTable', () => {
  it('of less than half a MiB is never worth a file', () => {
    expect(isWorthFlushing(Version.empty, 0.4 * MiB, 1e9)).toBe(false)
    expect(isWorthFlushing(Version.empty, 0.5 * MiB, 0)).toBe(true)
  })

  it('is flushed when it is more than a tenth of the deepest run, together with level 0', () => {
    expect(isWorthFlushing(versionOf([1, 1, 80]), 8.1 * MiB, 0)).toBe(true)
    expect(isWorthFlushing(versionOf([1, 1, 80]), 7.9 * MiB, 0)).toBe(false)
    expect(isWorthFlushing(versionOf([0, 2, 7.5], [1, 1, 80]), 1 * MiB, 0)).toBe(true)
    expect(isWorthFlushing(versionOf([0, 2, 7], [0, 1, 80]), 1 * MiB, 0)).toBe(false)
    expect(isWorthFlushing(versionOf([0, 2, 7.5], [0, 1, 80]), 1 * MiB, 0)).toBe(true)
    expect(isWorthFlushing(versionOf([1, 1, 80], [2, 1, 400]), 30 * MiB, 0)).toBe(false)
  })

  it('is flushed from a fortieth on when it pays itself for what that rewrites, or earlier flushes do', () => {
    const version = versionOf([1, 1, 80])
    expect(isWorthFlushing(version, 3 * MiB, 0)).toBe(false)
    expect(isWorthFlushing(version, 3 * MiB, 77 * MiB)).toBe(true)
    expect(isWorthFlushing(version, 3 * MiB, 76 * MiB)).toBe(false)
    expect(isWorthFlushing(version, 1.9 * MiB, 1000 * MiB)).toBe(false)
    expect(isWorthFlushing(versionOf([1, 1, 20], [2, 1, 800]), 30 * MiB, 0)).toBe(true)
  })
})
