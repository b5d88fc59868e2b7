import { describe, expect, it } from 'vitest'
import { plainEntry } from '../../test/support/entries.ts'
import { putIntoTable } from '../../test/support/table-model.ts'
import { type Arena, createOwnArena } from '../kernel/memory-pool.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { TouchAhead } from './touch-ahead.ts'

const MiB = 1024 * 1024
const value = new Uint8Array(64 * 1024)

/** A table that is filled entry by entry, and what is asked for meanwhile. */
function setUp() {
  const asked: { arena: Arena; from: number; to: number; at: number }[] = []
  let table = MemTable.create(createOwnArena(32 * MiB), 1)
  const ahead = new TouchAhead({
    touch: (arena, from, to) => asked.push({ arena, from, to, at: table.appendOffset }),
  })
  let sequence = 1
  return {
    asked,
    ahead,
    use: (next: MemTable) => {
      table = next
    },
    fillTo: (offset: number) => {
      while (table.appendOffset < offset && table.hasRoomFor(1, value.length + 256)) {
        putIntoTable(table, { ...plainEntry(`key ${sequence}`, sequence, ''), value })
        ahead.note(table)
        sequence += 1
      }
    },
  }
}

describe('touching ahead', () => {
  it('asks for nothing while a store has hardly begun', () => {
    const { asked, fillTo } = setUp()
    fillTo(1.5 * MiB)
    expect(asked).toEqual([])
    fillTo(3 * MiB)
    expect(asked.length).toBeGreaterThan(0)
  })

  it('keeps at least four megabytes ahead of the entries from then on, and never more than eight', () => {
    const { asked, fillTo } = setUp()
    fillTo(20 * MiB)
    const ofEntries = asked.filter(({ from, at }) => from === at)
    expect(ofEntries.length).toBeGreaterThan(3)
    for (const { from, to } of ofEntries) expect(to - from).toBe(8 * MiB)
    for (const [i, { to }] of ofEntries.entries())
      expect((ofEntries[i + 1]?.at ?? 0) - to).toBeLessThan(-3.9 * MiB)
  })

  it('stops where entries and tree meet', () => {
    const { asked, fillTo } = setUp()
    fillTo(32 * MiB)
    for (const { from, to } of asked) {
      expect(from).toBeLessThanOrEqual(to)
      expect(to).toBeLessThanOrEqual(32 * MiB)
    }
    const count = asked.length
    fillTo(32 * MiB)
    expect(asked).toHaveLength(count)
  })

  it('begins at once with the next table, unless its arena was used whole before', () => {
    const { asked, ahead, use, fillTo } = setUp()
    fillTo(3 * MiB)
    asked.length = 0
    const next = MemTable.create(createOwnArena(32 * MiB), 1000)
    use(next)
    ahead.note(next)
    expect(asked.length).toBeGreaterThan(0)
    expect(asked[0]?.arena).toBe(next.arena)
    asked.length = 0
    use(MemTable.create({ ...createOwnArena(32 * MiB), usedFrontBytes: 32 * MiB }, 2000))
    fillTo(16 * MiB)
    expect(asked).toEqual([])
  })

  it('asks for what is not used yet of an arena that was used in part, and in time', () => {
    const { asked, use, fillTo } = setUp()
    fillTo(3 * MiB)
    asked.length = 0
    const used = { usedFrontBytes: 12 * MiB, usedBackBytes: 2 * MiB }
    use(MemTable.create({ ...createOwnArena(32 * MiB), ...used }, 1000))
    fillTo(7.5 * MiB)
    expect(asked).toEqual([])
    fillTo(24 * MiB)
    expect(asked[0]).toMatchObject({ from: 12 * MiB })
    expect(asked[0]?.at).toBeLessThan(8.5 * MiB)
    for (const { from, to } of asked) {
      expect(from).toBeGreaterThanOrEqual(12 * MiB)
      expect(to).toBeLessThanOrEqual(30 * MiB)
      expect(from).toBeLessThan(to)
    }
    expect(Math.max(...asked.map(({ to }) => to))).toBe(30 * MiB)
  })
})
