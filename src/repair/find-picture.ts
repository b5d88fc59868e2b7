/**
 * Finds out which segments and logs a damaged store was made of. When CURRENT and the manifest can be read as
 * opening reads them, they say so for certain. When they cannot, every intact edit of every manifest in the folder
 * is read, and what they say for good is kept: a number that was removed is never used again, and what was flushed
 * stays flushed. The rest is then taken for what it is: files that may or may not have been in use.
 */
import { CorruptionError, systemCodeOf, UnsupportedFormatError } from '../errors.ts'
import { reasonOf } from '../fs/file-inspection.ts'
import { closedFileName, currentFileName, joinPath, logFileName, manifestFileName } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { decodeFileHeader, fileHeaderSizeBytes, type StoreId } from '../log/file-header.ts'
import { RecordType } from '../log/record-format.ts'
import { RecordReader } from '../log/record-reader.ts'
import { type CloseProof, readCloseProof } from '../manifest/close-proof.ts'
import { type Current, readCurrent } from '../manifest/current-file.ts'
import { decodeEditRecord } from '../manifest/manifest-records.ts'
import { emptyManifestState, type ManifestState } from '../manifest/manifest-state.ts'
import { type ReadManifest, readManifest } from '../manifest/read-manifest.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { FolderContent } from '../store/store-folder.ts'
import { readWhole } from './read-whole.ts'
import type { DamagedFile } from './repair-report.ts'

/** What is known about the store as a whole. */
export interface Picture {
  /** `undefined` when no file tells: then no log can be read. */
  readonly storeId: StoreId | undefined
  /** Whether exactly the segments in `segments` are the store's, and all facts below are the last ones. */
  readonly isCertain: boolean
  /** Why it is not certain. */
  readonly doubt: DamagedFile | undefined
  /** What the manifest says about segments, by number. */
  readonly segments: ReadonlyMap<number, SegmentMeta>
  /** Segments that are not the store's any more, or are not known to the manifest that counts. */
  readonly unused: ReadonlySet<number>
  readonly flushedSequence: number
  readonly restartSequence: number
  readonly lowestLiveLog: number
  /** Logs that must be there. */
  readonly logNumbers: readonly number[]
  readonly proof: CloseProof | undefined
  readonly damagedFiles: readonly DamagedFile[]
}

export async function findPicture(fs: FileSystem, path: string, content: FolderContent): Promise<Picture> {
  return new PictureSearch(fs, path, content).run()
}

class PictureSearch {
  readonly #fs: FileSystem
  readonly #path: string
  readonly #content: FolderContent
  readonly #damaged: DamagedFile[] = []

  constructor(fs: FileSystem, path: string, content: FolderContent) {
    this.#fs = fs
    this.#path = path
    this.#content = content
  }

  async run(): Promise<Picture> {
    const current = await this.#try(currentFileName, () => readCurrent(this.#fs, this.#path))
    const proof = await this.#try(closedFileName, () => readCloseProof(this.#fs, this.#path))
    const read = await this.#readNamed(current, proof)
    if (read !== undefined) return this.#certain(read, proof)
    return this.#uncertain(current, proof)
  }

  /** The manifest that counts, read as opening reads it; `undefined` when that cannot be done. */
  async #readNamed(
    current: Current | undefined,
    proof: CloseProof | undefined,
  ): Promise<ReadManifest | undefined> {
    const named = proof?.manifestNumber ?? current?.manifestNumber
    // Without a name it is the newest that is whole: it and the one before differ by one edit not in force.
    const numbers = named === undefined ? [...this.#content.manifests].sort((a, b) => b - a) : [named]
    for (const number of numbers) {
      const name = manifestFileName(number)
      const read = await this.#try(name, async () => {
        const file = await readWhole(this.#fs, joinPath(this.#path, name))
        const bytes = proof === undefined ? file : file.subarray(0, proof.manifestLength)
        const storeId =
          current?.storeId ?? decodeFileHeader(bytes, 'manifest', joinPath(this.#path, name)).storeId
        const synced = current?.manifestNumber === number ? current.manifestSyncedLength : 0
        const syncedLength = proof?.manifestLength ?? synced
        const found = readManifest(bytes, joinPath(this.#path, name), number, storeId, syncedLength)
        if (proof !== undefined && file.length !== proof.manifestLength) {
          this.#note(
            name,
            proof.manifestLength,
            `the manifest had ${proof.manifestLength} bytes when it was closed`,
          )
        }
        return found
      })
      if (read !== undefined) return read
    }
    return undefined
  }

  #certain({ state, storeId }: ReadManifest, proof: CloseProof | undefined): Picture {
    const segments = new Map(state.version.segments.map((meta) => [meta.number, meta]))
    // After an unclean stop a segment may be there that the lost end of the manifest named.
    const isUnused = (number: number): boolean =>
      !segments.has(number) && (proof !== undefined || number < state.nextFileNumber)
    return {
      storeId,
      isCertain: true,
      doubt: undefined,
      segments,
      unused: new Set(this.#content.segments.filter(isUnused)),
      ...factsOf(state),
      logNumbers: [...new Set([...state.logNumbers, ...(proof?.logs.map(({ number }) => number) ?? [])])],
      proof,
      damagedFiles: this.#damaged,
    }
  }

  async #uncertain(current: Current | undefined, proof: CloseProof | undefined): Promise<Picture> {
    const facts = new KnownFacts()
    let storeId = current?.storeId
    for (const number of [...this.#content.manifests].sort((a, b) => a - b)) {
      const bytes = await readWhole(this.#fs, joinPath(this.#path, manifestFileName(number)))
      storeId ??= headerIdOf(bytes, 'manifest')
      if (storeId !== undefined) facts.takeManifest(bytes, number, storeId)
    }
    for (const number of this.#content.logs) {
      if (storeId !== undefined) break
      storeId = headerIdOf(await readWhole(this.#fs, joinPath(this.#path, logFileName(number))), 'log')
    }
    const [first] = this.#damaged
    const doubt = first ?? {
      path: joinPath(this.#path, currentFileName),
      offset: 0,
      reason: 'no manifest is there',
    }
    return {
      storeId,
      isCertain: false,
      doubt,
      segments: facts.segments,
      unused: facts.removed,
      ...factsOf(facts),
      logNumbers: proof?.logs.map(({ number }) => number) ?? [],
      proof,
      damagedFiles: this.#damaged,
    }
  }

  /** What `read` gives, or `undefined` when the file is damaged or missing; the damage is kept. */
  async #try<T>(name: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      if (error instanceof CorruptionError) this.#note(name, error.offset, reasonOf(error))
      else if (systemCodeOf(error) === 'ENOENT') this.#note(name, 0, 'the file is missing')
      else throw error
      return undefined
    }
  }

  #note(name: string, offset: number, reason: string): void {
    this.#damaged.push({ path: joinPath(this.#path, name), offset, reason })
  }
}

/** What intact edits say for good, whatever is lost between them. */
class KnownFacts implements Facts {
  readonly segments = new Map<number, SegmentMeta>()
  readonly removed = new Set<number>()
  flushedSequence = emptyManifestState.flushedSequence
  restartSequence = emptyManifestState.restartSequence
  lowestLiveLog = emptyManifestState.lowestLiveLog

  /** Manifests come in ascending order. */
  takeManifest(bytes: Uint8Array, number: number, storeId: StoreId): void {
    for (const record of new RecordReader(bytes, number, storeId).search(0)) {
      if (record.type !== RecordType.edit) continue
      const edit = decodeEditRecord(bytes, record, manifestFileName(number))
      // The first record is the whole state: what it does not name was removed before.
      if (record.offset === fileHeaderSizeBytes)
        for (const known of this.segments.keys()) this.removed.add(known)
      this.#take(edit)
    }
  }

  #take(edit: VersionEdit): void {
    for (const number of edit.removed) this.removed.add(number)
    for (const { meta } of edit.added) {
      this.segments.set(meta.number, meta)
      this.removed.delete(meta.number)
    }
    this.flushedSequence = Math.max(this.flushedSequence, edit.flushedSequence ?? 0)
    this.restartSequence = Math.max(this.restartSequence, edit.restartSequence ?? 0)
    this.lowestLiveLog = Math.max(this.lowestLiveLog, edit.lowestLiveLog ?? 0)
  }
}

type Facts = Pick<ManifestState, 'flushedSequence' | 'restartSequence' | 'lowestLiveLog'>

function factsOf({ flushedSequence, restartSequence, lowestLiveLog }: Facts): Facts {
  return { flushedSequence, restartSequence, lowestLiveLog }
}

function headerIdOf(bytes: Uint8Array, kind: 'manifest' | 'log'): StoreId | undefined {
  try {
    return decodeFileHeader(bytes, kind, '').storeId
  } catch (error) {
    if (error instanceof UnsupportedFormatError) throw error
    return undefined
  }
}
