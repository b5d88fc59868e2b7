import { describe, expect, test } from 'vitest'
import { LogFile, logStoreId } from '../../test/support/log-files.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { fileHeaderSizeBytes } from './file-header.ts'
import { type LogContent, LogReplay, type ReplayCut, type ReplayStart } from './log-replay.ts'
import { withoutRoom } from './log-room.ts'
import { type RecordType, recordHeaderSizeBytes } from './record-format.ts'

const start: ReplayStart = { storeId: logStoreId, flushedSequence: 0, restartSequence: 1, lowestLiveLog: 3 }

interface Outcome {
  /** First sequence numbers of the groups that were replayed. */
  readonly groups: number[]
  readonly cut: ReplayCut | undefined
  readonly lastSequence: number
  readonly highestSeen: number
}

/** Replays logs that are in memory and once more as they come in by pieces, which must make no difference. */
function replay(logs: readonly LogContent[], from: Partial<ReplayStart> = {}): Outcome {
  const whole = attempt(logs, from, (logReplay, log) => logReplay.add(log))
  for (const pieceLength of [1, 64, 1000])
    expect(attempt(logs, from, (logReplay, log) => addInPieces(logReplay, log, pieceLength))).toEqual(whole)
  if (whole instanceof Error) throw whole
  return whole
}

function attempt(
  logs: readonly LogContent[],
  from: Partial<ReplayStart>,
  add: (logReplay: LogReplay, log: LogContent) => void,
): Outcome | Error {
  const groups: number[] = []
  const logReplay = new LogReplay({ ...start, ...from }, (bytes, groupStart, groupEnd, record) => {
    expect(bytes.subarray(groupStart, groupEnd)).not.toContain(notThere)
    groups.push(record.firstSequence)
  })
  try {
    for (const log of logs) add(logReplay, withoutRoom(log))
    const cut = logReplay.finish()
    return { groups, cut, lastSequence: logReplay.lastSequence, highestSeen: logReplay.highestSeenSequence }
  } catch (error) {
    return error as Error
  }
}

/** What is in memory before a log is; groups of these tests have no such byte. */
const notThere = 0xee

/** Lets the log come no further than it must, but for up to `pieceLength` bytes. */
function addInPieces(logReplay: LogReplay, log: LogContent, pieceLength: number): void {
  const bytes = new Uint8Array(log.bytes.length).fill(notThere)
  let arrived = 0
  for (const needed of logReplay.steps({ ...log, bytes }, () => arrived)) {
    expect(needed).toBeGreaterThan(arrived)
    expect(needed).toBeLessThanOrEqual(bytes.length)
    const length = Math.min(bytes.length, Math.ceil(needed / pieceLength) * pieceLength)
    bytes.set(log.bytes.subarray(arrived, length), arrived)
    arrived = length
  }
  expect(arrived).toBe(bytes.length)
}

/** The first log of a life, which continues nothing. */
function firstLog(number = 3, lastSequence = 0): LogFile {
  return new LogFile(number).link({ previousNumber: 0, previousLength: 0, lastSequence })
}

describe('logs that are whole', () => {
  test('are replayed to the last byte, in their order', () => {
    const a = firstLog().group(2).group()
    const b = new LogFile(5).linkTo(a).group(3)
    expect(replay([a.content(), b.content()])).toEqual({
      groups: [1, 3, 4],
      cut: undefined,
      lastSequence: 6,
      highestSeen: 6,
    })
  })

  test('may end with marks and hold marks in between', () => {
    const a = firstLog().group()
    a.mark(a.syncedTo()).group()
    a.mark(a.syncedTo())
    expect(replay([a.content()])).toMatchObject({ groups: [1, 2], cut: undefined })
  })

  test('may be none, or only one that was prepared and not written', () => {
    expect(replay([])).toMatchObject({ groups: [], cut: undefined, lastSequence: 0 })
    expect(replay([new LogFile(3).content()], { flushedSequence: 7 })).toMatchObject({ lastSequence: 7 })
  })

  test('may be followed by one that was being made ready: without a header, or with half of one', () => {
    const a = firstLog().group()
    const b = new LogFile(5)
    for (let length = 0; length < fileHeaderSizeBytes; length++) {
      const outcome = replay([a.content(), b.cutTo(length, { isNamed: false })])
      expect(outcome).toMatchObject({ groups: [1], cut: undefined })
    }
  })

  test('may have one between them that was given up while it was being made', () => {
    const a = firstLog().group()
    const c = new LogFile(7).linkTo(a).group()
    const b = new LogFile(5)
    for (const length of [0, 20, fileHeaderSizeBytes]) {
      const logs = [a.content(), b.cutTo(length, { isNamed: false }), c.content()]
      expect(replay(logs)).toMatchObject({ groups: [1, 2], cut: undefined })
    }
  })

  test('may have one between them that nothing was written to', () => {
    const a = firstLog().group()
    const b = new LogFile(5)
    b.nextSequence = a.nextSequence
    const c = new LogFile(7).linkTo(b).group()
    expect(replay([a.content(), b.content(), c.content()])).toMatchObject({ groups: [1, 2], cut: undefined })
    const first = new LogFile(3)
    const second = new LogFile(5).linkTo(first).group()
    expect(replay([first.content(), second.content()])).toMatchObject({ groups: [1], cut: undefined })
  })

  test('may hold nothing that is not flushed, and then end where segments end', () => {
    const flushed = new LogFile(5).link({ previousNumber: 2, previousLength: 99, lastSequence: 4 })
    expect(replay([flushed.content()], { flushedSequence: 6 })).toMatchObject({ lastSequence: 6 })
    expect(replay([flushed.group().content()], { flushedSequence: 6 })).toMatchObject({ lastSequence: 6 })
  })

  test('may begin inside what is flushed, or where a full disk made writing restart', () => {
    const flushed = new LogFile(5).link({ previousNumber: 2, previousLength: 99, lastSequence: 4 }).group(3)
    expect(replay([flushed.content()], { flushedSequence: 6 })).toMatchObject({
      groups: [5],
      lastSequence: 7,
    })
    const restarted = firstLog(3, 19).group()
    expect(replay([restarted.content()], { flushedSequence: 6, restartSequence: 20 })).toMatchObject({
      groups: [20],
      lastSequence: 20,
    })
  })
})

describe('a tear with no proof behind it', () => {
  test('ends the replay there, wherever the file ends', () => {
    const a = firstLog().group()
    const end = a.length
    a.group()
    for (let length = end + 1; length < a.length; length++) {
      const { groups, cut } = replay([a.cutTo(length)])
      expect(groups).toEqual([1])
      expect(cut).toMatchObject({ path: a.path, fileNumber: 3, offset: end })
    }
  })

  test('may be zeros or garbage, with records of the same moment behind it', () => {
    const a = firstLog().group()
    const end = a.length
    a.group().group(2)
    const size = recordHeaderSizeBytes + 32
    expect(replay([a.zeroed(end, size)])).toMatchObject({ groups: [1], cut: { offset: end }, highestSeen: 4 })
    const garbage = Uint8Array.from(a.bytes, (byte, at) =>
      at >= end && at < end + size ? byte ^ 0x5a : byte,
    )
    expect(replay([a.content({ bytes: garbage })])).toMatchObject({ groups: [1], cut: { offset: end } })
  })

  test('may be in the first record of a log, and even that may be all there is', () => {
    const a = firstLog()
    for (let length = fileHeaderSizeBytes + 1; length < a.length; length++) {
      expect(replay([a.cutTo(length)])).toMatchObject({ groups: [], cut: { offset: fileHeaderSizeBytes } })
    }
  })

  test('drops the logs behind it, but their sequence numbers are not given out again', () => {
    const a = firstLog().group().group()
    const b = new LogFile(5).linkTo(a).group(5)
    const outcome = replay([a.cutTo(a.length - 8), b.content()])
    expect(outcome).toMatchObject({ groups: [1], lastSequence: 1, highestSeen: 7, cut: { fileNumber: 3 } })
    const c = new LogFile(7).linkTo(b).group()
    expect(replay([a.content(), b.zeroed(fileHeaderSizeBytes), c.content()])).toMatchObject({
      groups: [1, 2],
      cut: { fileNumber: 5, offset: fileHeaderSizeBytes },
    })
  })

  test('may have taken all of a log and left the next one', () => {
    const a = firstLog().group()
    const b = new LogFile(5).linkTo(a).group()
    const c = new LogFile(7).linkTo(b, { fileNumber: 5, offset: fileHeaderSizeBytes }).group()
    expect(replay([a.content(), b.cutTo(fileHeaderSizeBytes), c.content()])).toMatchObject({
      groups: [1],
      cut: { path: b.path, fileNumber: 5, offset: fileHeaderSizeBytes },
    })
    expect(replay([a.cutTo(fileHeaderSizeBytes), b.content()])).toMatchObject({
      groups: [],
      cut: { fileNumber: 3, offset: fileHeaderSizeBytes },
    })
  })

  test('may have cut a log between two records, which the next one notices', () => {
    const a = firstLog().group()
    const end = a.length
    a.group()
    const b = new LogFile(5).linkTo(a).group()
    expect(replay([a.cutTo(end), b.content()])).toMatchObject({
      groups: [1],
      cut: { path: a.path, fileNumber: 3, offset: end },
    })
  })

  test('drops every log behind the end, one too that continues what lies before it', () => {
    const a = firstLog().group()
    const b = new LogFile(5).linkTo(a).group()
    const c = new LogFile(7).linkTo(a).group()
    expect(replay([a.content(), b.zeroed(fileHeaderSizeBytes), c.content()])).toMatchObject({
      groups: [1],
      cut: { path: b.path, fileNumber: 5 },
    })
  })

  test('is noticed by a log that continues another number, length or sequence number', () => {
    const a = firstLog().group(3)
    const continued = { previousNumber: 3, previousLength: a.length, lastSequence: 3 }
    for (const other of [{ previousNumber: 4 }, { previousLength: a.length - 8 }, { lastSequence: 2 }]) {
      const b = new LogFile(5).link({ ...continued, ...other }).group()
      expect(replay([a.content(), b.content()])).toMatchObject({
        groups: [1],
        cut: { path: a.path, fileNumber: 3, offset: a.length },
        lastSequence: 3,
      })
    }
  })

  test('gives no sequence number out again because a log behind it holds lower ones', () => {
    const a = firstLog().group(6)
    const b = firstLog(5).group(2)
    expect(replay([a.content(), b.content()])).toMatchObject({ groups: [1], highestSeen: 6 })
  })

  test('does no harm where the next log says that the one before ended just there', () => {
    const a = firstLog().group()
    const b = new LogFile(5).linkTo(a).group()
    // Half a mark, which nobody missed.
    a.mark(a.syncedTo())
    for (let length = b.length; length < a.length; length += 8) {
      expect(replay([a.cutTo(length), b.content()])).toMatchObject({ groups: [1, 2], cut: undefined })
    }
  })
})

describe('room at the end of a log', () => {
  test('is where it ends, without a cut, of whatever size', () => {
    const a = firstLog().group().group(2)
    for (const sizeBytes of [8, 56, 131_072])
      expect(replay([a.withRoom(sizeBytes)])).toMatchObject({
        groups: [1, 2],
        cut: undefined,
        lastSequence: 3,
      })
    a.mark(a.syncedTo())
    expect(replay([a.withRoom(4096)])).toMatchObject({ groups: [1, 2], cut: undefined })
  })

  test('makes no difference to the log that continues it, nor in that', () => {
    const a = firstLog().group()
    const b = new LogFile(5).linkTo(a).group(1, a.syncedTo())
    const c = new LogFile(7).linkTo(b, b.syncedTo()).group(1, b.syncedTo())
    const logs = [a.withRoom(512), b.withRoom(4096), c.withRoom(64)]
    expect(replay(logs)).toMatchObject({ groups: [1, 2, 3], cut: undefined })
  })

  test('in a log with nothing but a header is that of one to which nothing was written', () => {
    const a = firstLog().group()
    const b = new LogFile(5)
    b.nextSequence = a.nextSequence
    const c = new LogFile(7).linkTo(b).group()
    expect(replay([a.content(), b.withRoom(4096)])).toMatchObject({ groups: [1], cut: undefined })
    expect(replay([a.withRoom(8), b.withRoom(4096), c.content()])).toMatchObject({
      groups: [1, 2],
      cut: undefined,
    })
    expect(replay([a.content(), b.withRoom(64, { isNamed: false })])).toMatchObject({ cut: undefined })
  })

  test('does not hide a torn record before it', () => {
    const a = firstLog().group()
    const end = a.length
    a.group(30)
    for (let kept = 8; kept < a.length - end; kept += 8) {
      const torn = { ...a, bytes: a.zeroed(end + kept).bytes }
      const bytes = new Uint8Array(a.length + 512)
      bytes.set(torn.bytes)
      expect(replay([a.content({ bytes })])).toMatchObject({
        groups: [1],
        cut: { path: a.path, fileNumber: 3, offset: end },
      })
    }
  })

  test('in which a later record lies is a torn end, and that record counts as seen', () => {
    const a = firstLog().group()
    const end = a.length
    a.raw(new Uint8Array(512))
    a.nextSequence = 7
    a.group(3)
    expect(replay([a.withRoom(4096)])).toMatchObject({ groups: [1], cut: { offset: end }, highestSeen: 9 })
  })

  test('is a cut where the next log says that there was more', () => {
    const a = firstLog().group()
    const end = a.length
    a.group()
    const b = new LogFile(5).linkTo(a).group()
    expect(replay([a.zeroed(end), b.content()])).toMatchObject({
      groups: [1],
      cut: { path: a.path, fileNumber: 3, offset: end },
    })
  })

  test('is damage where the disk held more, whether the log that proves it continues this one or not', () => {
    const a = firstLog().group()
    const end = a.length
    a.group()
    const b = new LogFile(5).linkTo(a).group(1, a.syncedTo())
    const damage = { path: a.path, offset: end }
    expect(failureOf(() => replay([a.zeroed(end), b.content()]))).toMatchObject(damage)
    // The link of the second one is gone, so it says nothing about where the first one ended.
    expect(failureOf(() => replay([a.zeroed(end), b.zeroed(fileHeaderSizeBytes, 80)]))).toMatchObject(damage)
    expect(failureOf(() => replay([a.cutTo(end), b.zeroed(fileHeaderSizeBytes, 80)]))).toMatchObject(damage)
    const provenToEnd = new LogFile(5).linkTo(a).group(1, a.syncedTo(end))
    expect(replay([a.zeroed(end), provenToEnd.zeroed(fileHeaderSizeBytes, 80)])).toMatchObject({
      groups: [1],
      cut: { path: b.path, offset: fileHeaderSizeBytes },
    })
  })

  test('behind the length that a clean close proved is as it should be, and nothing else is', () => {
    const a = firstLog().group().group()
    const provenLength = a.length
    expect(replay([a.withRoom(4096, { provenLength })])).toMatchObject({ groups: [1, 2], cut: undefined })
    const { bytes } = a.withRoom(4096)
    bytes[bytes.length - 1] = 1
    expect(failureOf(() => replay([a.content({ bytes, provenLength })]))).toMatchObject({
      path: a.path,
      offset: provenLength,
    })
  })

  test('is damage below the length that a clean close proved, with an empty log behind it, too', () => {
    const a = firstLog().group()
    const end = a.length
    a.group()
    const zeroed = { ...a.zeroed(end), provenLength: a.length }
    const damage = { path: a.path, offset: end }
    expect(failureOf(() => replay([zeroed]))).toMatchObject(damage)
    const b = new LogFile(5)
    expect(failureOf(() => replay([zeroed, b.content({ provenLength: b.length })]))).toMatchObject(damage)
    const first = { ...new LogFile(3).withRoom(a.length - 40), provenLength: a.length }
    expect(failureOf(() => replay([first]))).toMatchObject({ offset: fileHeaderSizeBytes })
  })
})

describe('damage below what was synced', () => {
  test('is told with path and offset, when a record behind it in the same log proves it', () => {
    const a = firstLog().group()
    const end = a.length
    a.group()
    const synced = a.syncedTo()
    a.group(1, synced)
    for (let offset = end; offset < synced.offset; offset += 8) {
      const error = failureOf(() => replay([a.flipped(offset + 3)]))
      expect(error).toMatchObject({ path: a.path, offset: end })
    }
  })

  test('is told when only a record behind a second tear proves it', () => {
    const a = firstLog().group()
    const synced = a.syncedTo()
    a.group()
    const second = a.length
    a.group()
    a.mark(synced)
    const bytes = Uint8Array.from(a.bytes)
    bytes.fill(0, fileHeaderSizeBytes + 80, fileHeaderSizeBytes + 88)
    bytes.fill(0, second, second + 8)
    expect(failureOf(() => replay([a.content({ bytes })]))).toMatchObject({ path: a.path })
  })

  test('is told when a later log proves it', () => {
    const a = firstLog().group().group()
    const b = new LogFile(5).linkTo(a).group(1, a.syncedTo())
    expect(failureOf(() => replay([a.cutTo(a.length - 8), b.content()]))).toMatchObject({ path: a.path })
    expect(failureOf(() => replay([a.cutTo(fileHeaderSizeBytes), b.content()]))).toMatchObject({
      path: a.path,
      offset: fileHeaderSizeBytes,
    })
  })

  test('is told when a log is missing that a later one continues', () => {
    const a = firstLog().group()
    const b = new LogFile(5).linkTo(a).group()
    const c = new LogFile(7).linkTo(b, b.syncedTo()).group()
    expect(failureOf(() => replay([a.content(), c.content()]))).toMatchObject({ path: a.path })
    expect(failureOf(() => replay([b.content()]))).toMatchObject({ path: b.path })
  })

  test('is told when the first live log is missing, even if segments reach to where the next one begins', () => {
    const a = firstLog(start.lowestLiveLog).group()
    const b = new LogFile(5).linkTo(a).group()
    const error = failureOf(() => replay([b.content()], { flushedSequence: 1 }))
    expect(error).toMatchObject({ path: b.path, offset: fileHeaderSizeBytes })
    expect(error.message).toMatch(/log 3, which comes before it, is missing/)
  })

  test('is told when the manifest names a log without a whole header', () => {
    const a = firstLog().group()
    for (let offset = 0; offset < fileHeaderSizeBytes; offset++) {
      const bytes = Uint8Array.from(a.bytes)
      bytes[offset] = (bytes[offset] as number) ^ 1
      expect(failureOf(() => replay([a.content({ bytes })]))).toMatchObject({ path: a.path, offset: 0 })
    }
    expect(failureOf(() => replay([a.cutTo(0)]))).toMatchObject({ offset: 0 })
  })

  test('is told when a log that nothing names has records but no header', () => {
    const a = firstLog().group()
    const content = a.zeroed(0, 16)
    expect(failureOf(() => replay([{ ...content, isNamed: false }]))).toMatchObject({ offset: 0 })
  })

  test('is told when a log is not as long as it was when it was closed', () => {
    const a = firstLog().group().group()
    const provenLength = a.length
    expect(replay([a.content({ provenLength })])).toMatchObject({ groups: [1, 2] })
    for (const length of [0, fileHeaderSizeBytes, provenLength - 8]) {
      expect(failureOf(() => replay([a.cutTo(length, { provenLength })]))).toMatchObject({ offset: length })
    }
    expect(failureOf(() => replay([a.group().content({ provenLength })]))).toMatchObject({
      offset: provenLength,
    })
    const flipped = { ...a.zeroed(provenLength - 16, 8), provenLength: a.length }
    expect(failureOf(() => replay([flipped]))).toBeInstanceOf(CorruptionError)
  })
})

describe('what no crash can make', () => {
  test('a log of another store or place is refused', () => {
    for (const other of [{ high: 1 }, { low: 2 }]) {
      const log = new LogFile(3, { ...logStoreId, ...other })
      expect(failureOf(() => replay([log.content()]))).toMatchObject({ path: log.path, offset: 16 })
    }
    expect(failureOf(() => replay([{ ...new LogFile(4).content(), number: 3 }]))).toMatchObject({
      offset: 16,
    })
  })

  test('a jump of sequence numbers is refused', () => {
    const a = firstLog().group()
    const offset = a.length
    a.nextSequence += 1
    a.group()
    expect(failureOf(() => replay([a.content()]))).toMatchObject({ path: a.path, offset })
  })

  test('a log that begins with anything but a link is refused', () => {
    const a = new LogFile(3).group()
    const error = failureOf(() => replay([a.content()]))
    expect(error).toMatchObject({ offset: fileHeaderSizeBytes })
    expect(error.message).toMatch(/without a link/)
  })

  test('a log that begins behind what segments hold is refused', () => {
    const a = new LogFile(3).link({ previousNumber: 2, previousLength: 80, lastSequence: 9 }).group()
    expect(failureOf(() => replay([a.content()], { flushedSequence: 8 }))).toMatchObject({ path: a.path })
    expect(replay([a.content()], { flushedSequence: 9 })).toMatchObject({ groups: [10] })
  })

  test('a record of a later release is refused by its type', () => {
    const a = firstLog().record(9 as RecordType, 0)
    expect(() => replay([a.content()])).toThrow(UnsupportedFormatError)
    expect(() => replay([a.content()])).toThrow(/type 9 at offset/)
  })
})

function failureOf(act: () => unknown): CorruptionError {
  try {
    act()
  } catch (error) {
    if (error instanceof CorruptionError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
