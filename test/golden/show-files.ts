/** Shows the files of a store: which there are, what is in them, and the entries of each level. */
import { describeBytes } from '../../src/bytes/describe-bytes.ts'
import { createEntryView, EntryKind, type EntryView } from '../../src/entry/entry.ts'
import type { FilePart } from '../../src/fs/file-inspection.ts'
import { joinPath, segmentFileName } from '../../src/fs/file-names.ts'
import type { FileSystem } from '../../src/fs/file-system.ts'
import { type PlainBlock, plainBlockOf } from '../../src/segment/block-check.ts'
import { BlockMemory } from '../../src/segment/block-memory.ts'
import { BlockReader } from '../../src/segment/block-reader.ts'
import { inspectFile } from '../../src/store/inspect-file.ts'
import type { LevelStatus } from '../../src/store/store-status.ts'

const bytesPerLine = 16
/** Segments with more entries show their ends. */
const shownEntryCountMax = 8

/** One line a level, newest run first; segments of one run are joined by `+`. */
export async function showLevels(
  fs: FileSystem,
  folder: string,
  levels: readonly LevelStatus[],
): Promise<string[]> {
  const lines: string[] = []
  for (const { level, segments } of levels) {
    const runs = new Map<number, string[]>()
    for (const { run, number } of segments) {
      const name = segmentFileName(number)
      const entries = await entriesOf(fs, joinPath(folder, name))
      const text = `${name.slice(0, name.indexOf('.'))} [${shorten(entries).join(', ')}]`
      runs.set(run, [...(runs.get(run) ?? []), text])
    }
    const texts = [...runs.values()].map((run) => run.join(' + '))
    if (texts.length > 0) lines.push(`L${level}: ${texts.join('  ')}`)
  }
  return lines.length > 0 ? lines : ['no segments']
}

/** Names and sizes. */
export async function showFiles(fs: FileSystem, folder: string): Promise<string[]> {
  const names = (await fs.list(folder)).map(({ name }) => name).sort()
  return Promise.all(
    names.map(async (name) => `${name} ${(await readBytes(fs, joinPath(folder, name))).length} bytes`),
  )
}

/** The whole file, sixteen bytes a line, with the text in it. */
export async function showHex(fs: FileSystem, path: string): Promise<string[]> {
  const bytes = await readBytes(fs, path)
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += bytesPerLine) {
    const part = Array.from(bytes.subarray(at, at + bytesPerLine))
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * bytesPerLine)} ${text}`)
  }
  return lines
}

/** Which parts the file has, as inspectFile() tells. */
export async function showParts(fs: FileSystem, path: string): Promise<string[]> {
  const { parts } = await inspectFile(path, fs)
  return parts.map(({ offset, length, kind, details }) => {
    const text = JSON.stringify(details, (_, value: unknown) =>
      value instanceof Uint8Array ? describeBytes(value) : value,
    )
    return `${offset} +${length} ${kind} ${text}`
  })
}

async function entriesOf(fs: FileSystem, path: string): Promise<string[]> {
  const bytes = await readBytes(fs, path)
  const memory = new BlockMemory(bytes.length)
  memory.bytes.set(bytes)
  const { parts } = await inspectFile(path, fs)
  return parts
    .filter(isBlock)
    .flatMap(({ offset }) => entriesOfBlock(plainBlockOf(memory, offset, path, offset)))
}

function isBlock({ kind }: FilePart): boolean {
  return kind === 'columnar block' || kind === 'large block'
}

function entriesOfBlock({ memory, at }: PlainBlock): string[] {
  const reader = new BlockReader()
  reader.open(memory, at)
  const entry = createEntryView()
  return Array.from({ length: reader.count }, (_, ordinal) => {
    reader.view(ordinal, entry)
    return describeEntry(entry)
  })
}

function describeEntry({ keyBytes, keyStart, keyLength, sequenceNumber, kind }: EntryView): string {
  const key = describeBytes(keyBytes.subarray(keyStart, keyStart + keyLength)).slice(1, -1)
  return `${key}#${sequenceNumber} ${kind === EntryKind.tombstone ? 'tombstone' : 'put'}`
}

function shorten(entries: readonly string[]): readonly string[] {
  if (entries.length <= shownEntryCountMax) return entries
  return [...entries.slice(0, 2), `… ${entries.length - 4} more …`, ...entries.slice(-2)]
}

export async function readBytes(fs: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fs.open(path, 'read')
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  await file.close()
  return bytes
}
