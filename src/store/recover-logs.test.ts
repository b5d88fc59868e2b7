import { afterEach, describe, expect, test } from 'vitest'
import { collect, loadBlocking, type PlainEntry, plainEntry } from '../../test/support/entries.ts'
import { LogFile, logStoreId } from '../../test/support/log-files.ts'
import type { EntryKind } from '../entry/entry.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import type { ArrivingBytes } from '../fs/read-in-slices.ts'
import { ownScratchSizeBytes } from '../kernel/memory-layout.ts'
import { memoryPool } from '../kernel/memory-pool.ts'
import type { LogContent, ReplayStart } from '../log/log-replay.ts'
import { RecordType } from '../log/record-format.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import { ArenaSupply } from './arena-supply.ts'
import { type LogSource, type RecoveredLogs, recoverLogs } from './recover-logs.ts'

const arenaSizeBytes = 64 * 1024
const start: ReplayStart = { storeId: logStoreId, flushedSequence: 0, restartSequence: 1, lowestLiveLog: 3 }

interface Recovered extends RecoveredLogs {
  /** What the tables hold, table by table, as they are given: newest first. */
  readonly entries: readonly PlainEntry[][]
  /** Where the logs were read, one after the other. */
  readonly memories: readonly Uint8Array[]
  /** Of the supply, by the tables. */
  readonly takenBytes: number
}

/** `onRead` sees a log before any of it is there, and may change it. */
async function recover(
  logs: readonly LogContent[],
  from: Partial<ReplayStart> = {},
  onRead: (arriving: ArrivingBytes) => void = () => {},
): Promise<Recovered> {
  const arenas = new ArenaSupply(arenaSizeBytes, 2)
  const memories: Uint8Array[] = []
  const sources = logs.map((log) =>
    sourceOf(log, (arriving) => {
      memories.push(arriving.bytes)
      onRead(arriving)
    }),
  )
  try {
    const recovered = await recoverLogs(sources, { ...start, ...from }, arenas)
    const entries: PlainEntry[][] = []
    for (const table of recovered.tables) entries.push(await entriesIn(table))
    return { ...recovered, entries, memories, takenBytes: arenas.takenBytes }
  } finally {
    arenas.release()
  }
}

/** Comes in by pieces of this size, the last one first. */
const pieceLength = 1000

function sourceOf({ bytes, ...log }: LogContent, onRead: (arriving: ArrivingBytes) => void): LogSource {
  const read = async (memoryOf: (sizeBytes: number) => Uint8Array): Promise<ArrivingBytes> => {
    const memory = memoryOf(bytes.length).fill(0xee)
    const reveal = (from: number, to: number): void => memory.set(bytes.subarray(from, to), from)
    reveal(Math.floor(Math.max(0, bytes.length - 1) / pieceLength) * pieceLength, bytes.length)
    openCount += 1
    let arrivedLength = 0
    const arriving: ArrivingBytes = {
      bytes: memory,
      get arrivedLength() {
        return arrivedLength
      },
      async arrive(length: number) {
        const end = Math.min(bytes.length, Math.ceil(length / pieceLength) * pieceLength)
        reveal(arrivedLength, end)
        arrivedLength = end
      },
      async close() {
        openCount -= 1
      },
    }
    onRead(arriving)
    return arriving
  }
  return { ...log, read }
}

/** Logs that are being read. */
let openCount = 0
afterEach(() => {
  expect(openCount).toBe(0)
})

function entriesIn(table: MemTable): Promise<PlainEntry[]> {
  const cursor = table.cursor({ sequenceLimit: Number.MAX_SAFE_INTEGER, allVersions: true, reverse: false })
  return collect(cursor, () => cursor.rewind(), loadBlocking)
}

function firstLog(): LogFile {
  return new LogFile(3).link({ previousNumber: 0, previousLength: 0, lastSequence: 0 })
}

/** Too large for one arena, of entries of which several fit into one. */
function withLargeGroups(log: LogFile, count = 30): LogFile {
  for (let i = 0; i < count; i++) log.entries([put(`k${100 + i}`, log.nextSequence, 'v'.repeat(9000))])
  return log
}

const put = (key: string, sequence: number, value = `${key}${sequence}`): PlainEntry =>
  plainEntry(key, sequence, value)

describe('recoverLogs()', () => {
  test('brings back every entry with its sequence number, kind, flags, key and value', async () => {
    const entries = [put('b', 1), { ...put('a', 2), flags: 2 }, plainEntry('b', 3), put('', 4, '')]
    const log = firstLog().entries(entries.slice(0, 2)).entries(entries.slice(2))
    const recovered = await recover([log.content()])
    expect(recovered.entries).toEqual([[put('', 4, ''), entries[1], plainEntry('b', 3), put('b', 1)]])
    expect(recovered).toMatchObject({
      entryCount: 4,
      lastSequence: 4,
      highestSeenSequence: 4,
      logBytes: log.length,
      cut: undefined,
    })
  })

  test('leaves out what is in segments, entry by entry', async () => {
    const log = firstLog().entries([put('a', 1), put('b', 2), put('c', 3)])
    const { entries, entryCount } = await recover([log.content()], { flushedSequence: 2 })
    expect(entries).toEqual([[put('c', 3)]])
    expect(entryCount).toBe(1)
  })

  test('gives back all memory when everything is in segments', async () => {
    const log = firstLog().entries([put('a', 1), put('b', 2), put('c', 3)])
    const { tables, takenBytes } = await recover([log.content()], { flushedSequence: 3 })
    expect(tables).toEqual([])
    expect(takenBytes).toBe(0)
  })

  test('goes through a log while it is still being read', async () => {
    const log = withLargeGroups(firstLog())
    const lengths: number[] = []
    await recover([log.content()], {}, (arriving) => {
      const { arrive } = arriving
      arriving.arrive = (length) => {
        lengths.push(length)
        return arrive(length)
      }
    })
    expect(lengths.length).toBeGreaterThan(30)
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b))
  })

  test('adds the bytes of all logs, and gives the first place that was cut', async () => {
    const a = firstLog().entries([put('a', 1)])
    const b = new LogFile(5).linkTo(a).entries([put('b', 2)])
    const end = b.length
    b.entries([put('c', 3)])
    const { entries, logBytes, cut } = await recover([a.content(), b.cutTo(b.length - 8)])
    expect(entries).toEqual([[put('a', 1), put('b', 2)]])
    expect(logBytes).toBe(a.length + b.length - 8)
    expect(cut).toMatchObject({ path: b.path, offset: end })
  })

  test('takes no memory for room at the end of logs', async () => {
    const a = firstLog().entries([put('a', 1)])
    const b = new LogFile(5).linkTo(a).entries([put('b', 2)])
    const c = new LogFile(7).linkTo(b).entries([put('c', 3)])
    const logs = [a, b, c]
    const recovered = await recover(logs.map((log) => log.withRoom(40_000)))
    expect(recovered.entries).toEqual([[put('a', 1), put('b', 2), put('c', 3)]])
    expect(recovered.tables[0]?.sizeBytes).toBe(
      (await recover(logs.map((log) => log.content()))).tables[0]?.sizeBytes,
    )
    expect(recovered).toMatchObject({ logBytes: a.length + b.length + c.length, cut: undefined })
  })

  test('finds room whose last bytes come before the others', async () => {
    const log = firstLog().entries([put('a', 1)])
    for (const more of [0, 1, 3, 7, 8, 9]) {
      const room = 3 * pieceLength - log.length + more
      const recovered = await recover([log.withRoom(room)])
      expect(recovered).toMatchObject({ logBytes: log.length, cut: undefined, entryCount: 1 })
    }
  })

  test('takes another table when one is full, and more than the store may have later', async () => {
    const { entries, tables } = await recover([withLargeGroups(firstLog()).content()])
    expect(tables.length).toBeGreaterThan(2)
    for (const { arena } of tables) {
      expect(arena.sizeBytes).toBeGreaterThanOrEqual(arenaSizeBytes)
      expect(arena.sizeBytes).toBeLessThan(1.1 * arenaSizeBytes)
    }
    const oldestFirst = [...entries].reverse().flat()
    expect(oldestFirst.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 1),
    )
    expect(oldestFirst.every((entry) => entry.value.length === 9000)).toBe(true)
  })

  test('reads a log larger than an arena into memory of its own, also behind one that lies in an arena', async () => {
    const a = firstLog().entries([put('a', 1)])
    // Longer than the scratch space that comes before an arena in a memory of its own.
    const b = withLargeGroups(new LogFile(5).linkTo(a), 100)
    expect(b.length).toBeGreaterThan(ownScratchSizeBytes + arenaSizeBytes)
    const { entries, tables, memories } = await recover([a.content(), b.content()])
    const oldestFirst = [...entries].reverse().flat()
    expect(oldestFirst.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      Array.from({ length: 101 }, (_, i) => i + 1),
    )
    expect(oldestFirst.slice(1).every(({ value }) => value.length === 9000)).toBe(true)
    expect(tables.map(({ bytes }) => bytes.buffer)).toContain(memories[0]?.buffer)
    expect(tables.map(({ bytes }) => bytes.buffer)).not.toContain(memories[1]?.buffer)
  })

  test('gives an entry that is larger than a table one of its own', async () => {
    const large = put('large', 2, 'x'.repeat(3 * arenaSizeBytes))
    const log = firstLog().entries([put('a', 1), large, put('b', 3)])
    const { entries, tables } = await recover([log.content()])
    expect(
      entries
        .flat()
        .map(({ sequenceNumber }) => sequenceNumber)
        .sort(),
    ).toEqual([1, 2, 3])
    expect(entries.flat()).toContainEqual(large)
    const withLarge = tables.filter(({ arena }) => arena.sizeBytes > arenaSizeBytes)
    expect(withLarge).toHaveLength(1)
  })

  test('takes what lies in an arena to another one when the tree has no room beside it', async () => {
    const log = firstLog()
    for (let sequence = 1; sequence <= 1_900; sequence++) log.entries([put(`k${sequence}`, sequence, '')])
    expect(log.length).toBeGreaterThan(2 * arenaSizeBytes)
    const few = firstLog()
    const tiny = Array.from({ length: 2_400 }, (_, i) => put(`${(i * 7919) % 2_400}`, i + 1, ''))
    for (let at = 0; at < tiny.length; at += 100) few.entries(tiny.slice(at, at + 100))
    expect(few.length).toBeLessThan(arenaSizeBytes - 2_000)
    for (const [each, count, isOtherBelow] of [
      [log, 1_900, false],
      [few, 2_400, false],
      [few, 2_400, true],
    ] as const) {
      // The lowest free range goes out first, so the second arena is this one.
      const below = isOtherBelow ? memoryPool.take(arenaSizeBytes) : undefined
      const { entries, tables, entryCount } = await recover([each.content()], {}, () => {
        if (below !== undefined) memoryPool.giveBack(below)
      })
      if (below !== undefined) expect(tables.at(-2)?.arena.base).toBe(below.base)
      expect(entryCount).toBe(count)
      expect(tables.length).toBeGreaterThan(1)
      const sequences = [...entries].reverse().map((table) => table.map((entry) => entry.sequenceNumber))
      expect(sequences.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
      for (let i = 1; i < sequences.length; i++)
        expect(Math.min(...(sequences[i] ?? []))).toBeGreaterThan(Math.max(...(sequences[i - 1] ?? [])))
      // The oldest is flushed first, and its arena is used again.
      for (const [i, table] of [...tables].reverse().entries()) {
        expect((await entriesIn(table)).map((entry) => entry.sequenceNumber)).toEqual(sequences[i])
        table.bytes.fill(0xff, table.positionOf(0), table.positionOf(table.arena.sizeBytes))
      }
    }
  })

  test('lets several logs share an arena', async () => {
    const a = firstLog().entries([put('a', 1), put('b', 2)])
    const b = new LogFile(5).linkTo(a).entries([put('b', 3)])
    const { entries, tables } = await recover([a.content(), b.content()])
    expect(tables).toHaveLength(1)
    expect(entries).toEqual([[put('a', 1), put('b', 3), put('b', 2)]])
  })

  test('makes a table of logs where they were read into its arena, without a copy', async () => {
    const a = firstLog().entries([put('a', 1), put('b', 2)])
    const b = new LogFile(5).linkTo(a).entries([put('b', 3)])
    const { tables, memories } = await recover([a.content(), b.withRoom(8_000)])
    const [table] = tables
    for (const { buffer } of memories) expect(buffer).toBe(table?.bytes.buffer)
    expect(table?.positionOf(table.appendOffset)).toBe((memories[1]?.byteOffset ?? 0) + b.length)
  })

  test('takes an entry of sixteen bytes that fills its group', async () => {
    const log = firstLog().entries([put('', 1, '')])
    expect((await recover([log.content()])).entries).toEqual([[put('', 1, '')]])
  })

  test('refuses a group with fewer entries than it says', async () => {
    for (const entries of [[], [put('a', 1)]]) {
      const log = firstLog()
      const offset = log.length
      log.entries(entries, entries.length + 1)
      const error = await recover([log.content()]).catch((told: unknown) => told)
      expect(error).toBeInstanceOf(CorruptionError)
      expect(error).toMatchObject({ path: log.path, offset })
      expect(String(error)).toMatch(/fewer entries/)
    }
  })

  test('refuses an entry that goes on behind its group', async () => {
    const log = firstLog()
    const offset = log.length
    const { key, value } = put('a', 1)
    // A record may end up to seven bytes behind its last entry, never before it.
    const payload = new Uint8Array(16 + 4)
    const view = new DataView(payload.buffer)
    view.setUint16(8, key.length, true)
    view.setUint8(10, 1)
    view.setUint32(12, value.length + 8, true)
    log.record(RecordType.group, 1, undefined, payload)
    await expect(recover([log.content()])).rejects.toMatchObject({ path: log.path, offset })
  })

  test('refuses an entry of a kind of a later release, by its number', async () => {
    const log = firstLog().entries([put('a', 1), { ...put('b', 2), kind: 7 as EntryKind }])
    await expect(recover([log.content()])).rejects.toBeInstanceOf(UnsupportedFormatError)
    await expect(recover([log.content()])).rejects.toThrow(`${log.path} holds an entry of kind 7`)
  })

  test('lets go of a log that it refuses or cannot read to its end', async () => {
    const log = firstLog().entries([put('a', 1, 'v'.repeat(5000))])
    const end = log.length
    log.mark(log.syncedTo()).entries([put('b', 2)])
    await expect(recover([log.zeroed(end - 16, 16)])).rejects.toBeInstanceOf(CorruptionError)
    const failure = new Error('the disk is broken')
    const failing = recover([log.content()], {}, (arriving) => {
      arriving.arrive = () => Promise.reject(failure)
    })
    await expect(failing).rejects.toBe(failure)
  })

  test('reads logs that lie inside a larger memory', async () => {
    const log = firstLog().entries([put('a', 1)])
    const bytes = new Uint8Array(log.length + 64).subarray(24, 24 + log.length)
    bytes.set(log.bytes)
    expect((await recover([log.content({ bytes })])).entries).toEqual([[put('a', 1)]])
  })
})
