import { expect, test } from 'vitest'
import { LogFile } from '../../test/support/log-files.ts'
import { fileHeaderSizeBytes } from './file-header.ts'
import type { LogContent } from './log-replay.ts'
import { isZero, withoutRoom } from './log-room.ts'

const log = new LogFile(3).group().group(2)
/** Ends in zeros of its own. */
const ending = new LogFile(3).group().record(1, 1, undefined, new Uint8Array(64))

function roomy(content: LogContent, sizeBytes: number): LogContent {
  const bytes = new Uint8Array(content.bytes.length + sizeBytes)
  bytes.set(content.bytes)
  return { ...content, bytes }
}

function lengthOf(content: LogContent): number {
  return withoutRoom(content).bytes.length
}

test('zeros behind the last record are taken off, however many, and not one of a record', () => {
  for (const { length, content } of [log, ending, new LogFile(3)].map((file) => ({
    length: file.length,
    content: file.content(),
  }))) {
    for (const sizeBytes of [0, 8, 48, 56, 57, 64, 4096, 131_072])
      expect(lengthOf(roomy(content, sizeBytes))).toBe(length)
  }
})

test('a log is left as it is where anything else lies behind the last record', () => {
  const { bytes } = roomy(log.content(), 4096)
  for (const at of [log.length, log.length + 7, log.length + 8, log.length + 12, bytes.length - 1]) {
    const dirty = Uint8Array.from(bytes)
    dirty[at] = 1
    expect(lengthOf(log.content({ bytes: dirty }))).toBe(bytes.length)
  }
  for (let length = 0; length < log.length; length++) expect(lengthOf(log.cutTo(length))).toBe(length)
})

test('half a record with room behind it keeps what makes it one', () => {
  const start = log.length - 88
  for (let kept = 16; kept < 88; kept += 8) {
    const content = roomy(log.zeroed(start + kept), 4096)
    // Its frame is whole, so it ends there; what is in it fails its checksum.
    expect(lengthOf(content)).toBe(log.length)
  }
  // Without magic and length it is garbage with zeros behind it.
  expect(lengthOf(roomy(log.zeroed(start + 8), 4096))).toBe(log.length + 4096)
  expect(lengthOf(roomy(log.zeroed(start), 4096))).toBe(start)
})

test('a frame that would end behind the file, or nowhere, ends the search', () => {
  for (const length of [0, 48, 60, 2 ** 31, 4096]) {
    const bytes = Uint8Array.from(log.bytes)
    new DataView(bytes.buffer).setUint32(fileHeaderSizeBytes + 12, length, true)
    expect(lengthOf(roomy(log.content({ bytes }), 800))).toBe(log.length + 800)
  }
})

test('a proven length is where the log ends, if room follows', () => {
  const provenLength = log.length
  expect(lengthOf(roomy(log.content({ provenLength }), 4096))).toBe(provenLength)
  expect(lengthOf(log.content({ provenLength }))).toBe(provenLength)
  // Whatever lies before: the replay judges that.
  expect(lengthOf(roomy(log.zeroed(40), 4096))).toBe(40)
  expect(lengthOf({ ...roomy(log.zeroed(40), 4096), provenLength })).toBe(provenLength)
  for (const length of [0, 40, provenLength - 1])
    expect(() => withoutRoom(log.cutTo(length, { provenLength }))).toThrow(
      expect.objectContaining({ path: log.path, offset: length }),
    )
  const { bytes } = roomy(log.content(), 4096)
  for (const at of [provenLength, bytes.length - 1]) {
    const dirty = Uint8Array.from(bytes)
    dirty[at] = 1
    expect(() => withoutRoom(log.content({ bytes: dirty, provenLength }))).toThrow(
      expect.objectContaining({ path: log.path, offset: provenLength }),
    )
  }
})

test('isZero() looks at every byte from the start on', () => {
  const bytes = Uint8Array.of(1, 0, 0, 2)
  expect(isZero(bytes, 1)).toBe(false)
  expect(isZero(bytes.subarray(0, 3), 1)).toBe(true)
  expect(isZero(bytes.subarray(0, 3), 0)).toBe(false)
  expect(isZero(bytes, 4)).toBe(true)
})
