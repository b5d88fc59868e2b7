/**
 * Reads every file of an open store from the disk and verifies every checksum and invariant: CURRENT, the
 * manifest and what it adds up to, the logs, the segments. Finds everything it can and reports it; writes and
 * background work go on meanwhile, so only what is in force at its own moment is compared.
 */
import { CorruptionError, systemCodeOf } from '../errors.ts'
import { currentFileName, joinPath, manifestFileName } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { decodeFileHeader } from '../log/file-header.ts'
import { isZero } from '../log/log-room.ts'
import { RecordReader } from '../log/record-reader.ts'
import type { WriteAheadLog } from '../log/write-ahead-log.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { readManifest } from '../manifest/read-manifest.ts'
import type { StoreEngine } from './store-engine.ts'
import type { CheckProblem, CheckReport } from './store-status.ts'

/** Reads all that the store consists of. Resolves with a report also when everything is damaged. */
export function checkStore<K, V>(engine: StoreEngine<K, V>): Promise<CheckReport> {
  return new StoreCheck(engine).run()
}

class StoreCheck<K, V> {
  readonly #engine: StoreEngine<K, V>
  readonly #problems: CheckProblem[] = []
  #fileCount = 0
  #byteCount = 0
  #entryCount = 0

  constructor(engine: StoreEngine<K, V>) {
    this.#engine = engine
  }

  async run(): Promise<CheckReport> {
    await this.#checkManifest()
    const { logs, next } = this.#engine.logs
    for (const log of next === undefined ? logs : [...logs, next]) await this.#checkLog(log)
    await this.#checkSegments()
    return {
      ok: this.#problems.length === 0,
      fileCount: this.#fileCount,
      byteCount: this.#byteCount,
      entryCount: this.#entryCount,
      problems: this.#problems,
    }
  }

  /** CURRENT names the manifest, and the manifest's edits add up to what the store works with. */
  async #checkManifest(): Promise<void> {
    const { fs, path, manifest, storeId } = this.#engine
    await manifest.idle()
    // From here on the state may change only at an await; what is read is cut off at this length.
    const { number, sizeBytes, state } = manifest
    const manifestPath = joinPath(path, manifestFileName(number))
    await this.#verify(joinPath(path, currentFileName), async () => {
      const current = await readCurrent(fs, path)
      if (current.manifestNumber !== number && manifest.number === number) {
        const problem = `CURRENT names manifest ${current.manifestNumber}, the store uses ${number}`
        throw new CorruptionError(problem, joinPath(path, currentFileName), 0)
      }
      return 0
    })
    await this.#verify(manifestPath, async () => {
      const bytes = await readStart(fs, manifestPath, sizeBytes)
      const read = readManifest(bytes, manifestPath, number, storeId, sizeBytes)
      const named = read.state.version.segments.map((meta) => meta.number).join()
      if (named !== state.version.segments.map((meta) => meta.number).join()) {
        throw new CorruptionError('its edits add up to other segments than the store has', manifestPath, 0)
      }
      return sizeBytes
    })
  }

  async #checkLog(log: WriteAheadLog): Promise<void> {
    const { fs, storeId, logs } = this.#engine
    const length = log.file.writtenLength
    await this.#verify(log.path, async () => {
      try {
        const bytes = await readStart(fs, log.path, log.file.sizeBytes)
        checkRoom(log, bytes)
        decodeFileHeader(bytes, 'log', log.path)
        const reader = new RecordReader(bytes.subarray(0, length), log.number, storeId)
        while (reader.next() !== undefined) await this.#engine.turns.turn()
        if (reader.problem !== undefined) throw new CorruptionError(reader.problem, log.path, reader.position)
        return bytes.length
      } catch (error) {
        // Flushed and removed while it was looked at.
        if (systemCodeOf(error) === 'ENOENT' && !logs.logs.includes(log) && logs.next !== log) return 0
        throw error
      }
    })
  }

  async #checkSegments(): Promise<void> {
    const { views, turns } = this.#engine
    const view = views.hold()
    try {
      for (const segment of view.segments) {
        await this.#verify(segment.path, async () => {
          const steps = segment.verify()
          for (let step = steps.next(); !step.done; step = steps.next()) await turns.nextTurn()
          this.#entryCount += segment.meta.entryCount
          return segment.meta.sizeBytes
        })
      }
    } finally {
      views.release(view)
    }
  }

  /** Counts the file, and keeps what is wrong with it. `read` gives the bytes that it read. */
  async #verify(path: string, read: () => Promise<number>): Promise<void> {
    this.#fileCount++
    try {
      this.#byteCount += await read()
    } catch (error) {
      this.#problems.push(problemOf(error, path))
    }
  }
}

/** What was written while the log was read lies before the position that it has now. */
function checkRoom({ file, path }: WriteAheadLog, bytes: Uint8Array): void {
  if (!file.isWhole || isZero(bytes, file.position)) return
  throw new CorruptionError('the room behind the last record is not empty', path, file.position)
}

/** The first `length` bytes; `CorruptionError` when the file has fewer. */
async function readStart(fs: FileSystem, path: string, length: number): Promise<Uint8Array> {
  const file = await fs.open(path, 'read')
  try {
    const bytes = new Uint8Array(length)
    const found = await file.read(bytes, 0)
    if (found < length)
      throw new CorruptionError(`the file ends after ${found} of ${length} bytes`, path, found)
    return bytes
  } finally {
    await file.close()
  }
}

function problemOf(error: unknown, path: string): CheckProblem {
  if (error instanceof CorruptionError)
    return { path: error.path, offset: error.offset, message: error.message }
  return { path, offset: undefined, message: error instanceof Error ? error.message : String(error) }
}
