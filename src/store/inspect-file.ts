/**
 * Looks into one file of a store without opening the store: for people who repair one, and for `varve inspect`.
 * Changes nothing, takes no lock, and works beside a running store and on what is left of a broken one. What kind
 * of file it is, its content says, or its name where the content no longer can.
 */
import { InvalidArgumentError, StorageError, systemCodeOf } from '../errors.ts'
import type { FileInspection, FilePart, InspectedFileKind } from '../fs/file-inspection.ts'
import { type FileName, parseFileName } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { nodeFileSystem } from '../fs/node-file-system.ts'
import { inspectLog } from '../log/inspect-log.ts'
import type { FileHints } from '../log/inspect-records.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { inspectManifest } from '../manifest/inspect-manifest.ts'
import { inspectTextFile } from '../manifest/inspect-text-file.ts'
import { BlockMemory } from '../segment/block-memory.ts'
import { inspectSegment } from '../segment/inspect-segment.ts'

/** How the files of each kind begin, in every format. */
const beginnings: readonly (readonly [InspectedFileKind, string])[] = [
  ['segment', 'VARVESEG'],
  ['log', 'VARVELOG'],
  ['manifest', 'VARVEMAN'],
  ['current', 'varve current '],
  ['closed', 'varve closed '],
]

/** Where the number stands in the header of segments, logs and manifests. */
const numberPlace = { offset: 16, length: 8 }

/**
 * Shows what is inside a segment, log, manifest, `CURRENT` or `CLOSED`. Damage does not make it fail: what cannot
 * be read is among the parts, as `damaged`, with the reason. The file is read into memory whole.
 *
 * @param path - of the file. Where the file itself does not tell, its name and the `CURRENT` beside it help.
 * @param fs - where the file is. Default: the real file system.
 * @throws {InvalidArgumentError} when there is no such file, or it is none of a store.
 * @throws {StorageError} when the file cannot be read; `cause` is the system's error.
 *
 * @example
 * const { parts } = await inspectFile('./data/000005.seg')
 * const damage = parts.filter(({ kind }) => kind === 'damaged')
 */
export async function inspectFile(path: string, fs: FileSystem = nodeFileSystem): Promise<FileInspection> {
  const { directory, name } = splitPath(path)
  const named = parseFileName(name)
  const { memory, sizeBytes } = await readFile(path, fs)
  const bytes = memory.bytes.subarray(0, sizeBytes)
  const kind = kindByContent(bytes) ?? kindByName(named)
  if (kind === undefined) {
    throw new InvalidArgumentError(
      `${path} is no segment, log, manifest, CURRENT or CLOSED of a store, by its content and by its name`,
    )
  }
  const number = named !== undefined && 'number' in named ? named.number : undefined
  if (kind === 'current' || kind === 'closed') return inspectTextFile(bytes, kind, path)
  if (kind === 'segment') {
    return compareName(inspectSegment({ path, memory, sizeBytes, namedNumber: number }), number)
  }
  const hints = await hintsFor(kind, number, directory, fs)
  const inspected = kind === 'log' ? inspectLog(bytes, path, hints) : inspectManifest(bytes, path, hints)
  return compareName(inspected, number)
}

async function readFile(path: string, fs: FileSystem): Promise<{ memory: BlockMemory; sizeBytes: number }> {
  try {
    const file = await fs.open(path, 'read')
    try {
      const memory = new BlockMemory(await file.size())
      return { memory, sizeBytes: await file.read(memory.bytes, 0) }
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new InvalidArgumentError(`there is no file ${path}`, { cause: error })
    if (code === 'EISDIR') {
      throw new InvalidArgumentError(`${path} is a folder; give the path of a file in it`, { cause: error })
    }
    throw new StorageError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function kindByContent(bytes: Uint8Array): InspectedFileKind | undefined {
  return beginnings.find(([, text]) =>
    Array.from(text).every((char, index) => bytes[index] === char.charCodeAt(0)),
  )?.[0]
}

function kindByName(named: FileName | undefined): InspectedFileKind | undefined {
  if (named === undefined || named.kind === 'lock' || named.kind === 'temporary') return undefined
  return named.kind
}

/** What CURRENT says about the file; nothing when it cannot be read. */
async function hintsFor(
  kind: 'log' | 'manifest',
  number: number | undefined,
  directory: string,
  fs: FileSystem,
): Promise<FileHints> {
  const current = await readCurrent(fs, directory).catch(() => undefined)
  const isNamed = kind === 'manifest' && current !== undefined && current.manifestNumber === number
  return { number, storeId: current?.storeId, syncedBytes: isNamed ? current.manifestSyncedLength : 0 }
}

/** Tells when the header says another number than the name: somebody renamed or swapped files. */
function compareName(inspection: FileInspection, namedNumber: number | undefined): FileInspection {
  const { number } = inspection.properties
  if (namedNumber === undefined || number === undefined || number === namedNumber) return inspection
  const reason = `the header says number ${String(number)}, the name ${namedNumber}`
  const part: FilePart = { ...numberPlace, kind: 'damaged', details: { reason } }
  const [header, ...rest] = inspection.parts
  return { ...inspection, parts: [...(header ? [header] : []), part, ...rest] }
}

function splitPath(path: string): { directory: string; name: string } {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
  return { directory: end < 0 ? '.' : path.slice(0, end + 1), name: path.slice(end + 1) }
}
