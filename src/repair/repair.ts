/**
 * Saves what is whole of a damaged store into a new one, block by block and record by record, and says between
 * which keys something may be missing. The damaged folder is only read (and locked meanwhile). In four steps: find
 * out which files the store was made of, look through each for what is whole, merge that by sequence number, write
 * it.
 *
 * A deleted key must not come back without a word. Its tombstone may have been in what is lost, so an older value
 * that is found there is kept, and the range is reported: to throw it away would lose what was perhaps the newest.
 */
import { describeValue } from '../encoding/describe-value.ts'
import { EntryKind } from '../entry/entry.ts'
import { InvalidArgumentError, StorageError, StoreError, systemCodeOf } from '../errors.ts'
import { joinPath, logFileName, parseFileName, segmentFileName } from '../fs/file-names.ts'
import type { DirectoryLock, FileSystem } from '../fs/file-system.ts'
import { nodeFileSystem } from '../fs/node-file-system.ts'
import { checkFunction, checkOptionNames, checkSignal } from '../store/arguments.ts'
import type { StoreOptions } from '../store/settings.ts'
import { contentOf, type FolderContent } from '../store/store-folder.ts'
import { TurnWatch } from '../store/turn-watch.ts'
import { systemClock } from '../time/clock.ts'
import { systemScheduler } from '../time/scheduler.ts'
import { Doubts } from './doubts.ts'
import { findPicture, type Picture } from './find-picture.ts'
import { newestEntries } from './newest-entries.ts'
import type { DamagedFile, LostRange, RepairProgress, RepairReport } from './repair-report.ts'
import { type SalvagedLogs, salvageLogs } from './salvage-logs.ts'
import { type SegmentSurvey, surveySegment } from './salvage-segment.ts'
import { ListSource, SegmentSource } from './salvaged-sources.ts'
import { TargetWriter } from './target-writer.ts'

/** Options of {@link repair}. Those that `open` has too are for the new store. */
export interface RepairOptions
  extends Pick<
    StoreOptions,
    | 'memoryBudgetBytes'
    | 'compaction'
    | 'maintenance'
    | 'logger'
    | 'tuning'
    | 'fileSystem'
    | 'clock'
    | 'scheduler'
    | 'random'
  > {
  /** The folder of the new store: not there yet, or empty. */
  readonly target: string
  /** Called as the work goes on. */
  readonly onProgress?: (progress: RepairProgress) => void
  /** Aborting it ends the repair; what it wrote is removed. */
  readonly signal?: AbortSignal
}

const optionNames: readonly (keyof RepairOptions)[] = [
  'target',
  'onProgress',
  'signal',
  'memoryBudgetBytes',
  'compaction',
  'maintenance',
  'logger',
  'tuning',
  'fileSystem',
  'clock',
  'scheduler',
  'random',
]

/**
 * Saves what is whole of the damaged store in the folder `path` into a new store at `options.target`. Works without
 * `CURRENT` and without a manifest, by what the other files say. Nothing in `path` is changed. Takes as much memory
 * as the largest segment and all logs together need, beside that of the new store.
 *
 * @returns what was saved, and between which keys something may be missing, outdated or back though it was deleted.
 * @throws {LockedError} when somebody has the damaged store open.
 * @throws {InvalidArgumentError} when there is no store in `path`, or `target` is not empty.
 * @throws {UnsupportedFormatError} when a newer release wrote the store: that one can repair it.
 * @throws {StorageError} when a file cannot be read for another reason than damage, or the new store not be written.
 *
 * @example
 * const { ok, entryCount, lost } = await repair('./data', { target: './data-repaired' })
 */
export async function repair(path: string, options: RepairOptions): Promise<RepairReport> {
  checkOptions(options)
  const fs = options.fileSystem ?? nodeFileSystem
  await checkFolders(fs, path, options.target)
  const lock = await lockUnlessReadOnly(fs, path)
  try {
    return await new Repair(path, options, fs).run()
  } catch (error) {
    if (error instanceof StoreError || systemCodeOf(error) === undefined) throw error
    throw new StorageError(`the store ${path} could not be repaired: ${String(error)}`, { cause: error })
  } finally {
    await lock?.release()
  }
}

class Repair {
  readonly #path: string
  readonly #options: RepairOptions
  readonly #fs: FileSystem
  readonly #turns: TurnWatch
  #phase: RepairProgress['phase'] = 'reading'
  #doneBytes = 0
  #totalBytes = 0
  #entryCount = 0

  constructor(path: string, options: RepairOptions, fs: FileSystem) {
    this.#path = path
    this.#options = options
    this.#fs = fs
    this.#turns = new TurnWatch(options.clock ?? systemClock, options.scheduler ?? systemScheduler)
  }

  async run(): Promise<RepairReport> {
    const content = contentOf(await this.#fs.list(this.#path))
    const picture = await findPicture(this.#fs, this.#path, content)
    const logNumbers = content.logs.filter((number) => number >= picture.lowestLiveLog)
    const surveys = await this.#surveySegments(picture, content)
    const logs = await salvageLogs({
      fs: this.#fs,
      directory: this.#path,
      picture,
      numbers: logNumbers,
    })
    const lost = [...doubtOf(picture), ...surveys.flatMap((survey) => survey.lost), ...logs.lost]
    const writer = await this.#write(surveys, logs, lost)
    const damaged = surveys
      .map(({ damage }) => damage)
      .filter((damage): damage is DamagedFile => damage !== undefined)
    return {
      ok: lost.length === 0,
      target: this.#options.target,
      entryCount: writer.entryCount,
      byteCount: writer.byteCount,
      doubtfulCount: writer.doubtfulCount,
      readFiles: [
        ...surveys.filter(({ sizeBytes }) => sizeBytes > 0).map((survey) => survey.path),
        ...logs.readFiles,
      ],
      unusedFiles: [
        ...content.segments.filter((number) => picture.unused.has(number)).map(segmentFileName),
        ...content.logs.filter((number) => number < picture.lowestLiveLog).map(logFileName),
      ].map((name) => joinPath(this.#path, name)),
      damagedFiles: [...picture.damagedFiles, ...damaged, ...logs.damagedFiles],
      lost,
    }
  }

  async #surveySegments(picture: Picture, content: FolderContent): Promise<SegmentSurvey[]> {
    const there = content.segments.filter((number) => !picture.unused.has(number))
    const named = picture.isCertain ? picture.segments.keys() : []
    const numbers = [...new Set([...there, ...named])].sort((a, b) => a - b)
    for (const number of numbers) this.#totalBytes += picture.segments.get(number)?.sizeBytes ?? 0
    const surveys: SegmentSurvey[] = []
    for (const number of numbers) {
      this.#options.signal?.throwIfAborted()
      const survey = await surveySegment({
        fs: this.#fs,
        path: joinPath(this.#path, segmentFileName(number)),
        number,
        meta: picture.segments.get(number),
        pause: () => this.#turns.turn(),
      })
      surveys.push(withoutPlace(survey, picture))
      this.#report(survey.sizeBytes)
    }
    return surveys
  }

  async #write(
    surveys: readonly SegmentSurvey[],
    logs: SalvagedLogs,
    lost: readonly LostRange[],
  ): Promise<TargetWriter> {
    this.#phase = 'writing'
    this.#doneBytes = 0
    this.#totalBytes = surveys.reduce(
      (sum, { blocks }) => sum + blocks.reduce((all, { length }) => all + length, 0),
      0,
    )
    const segments = surveys.map(
      (survey) => new SegmentSource(this.#fs, survey, (bytes) => this.#report(bytes)),
    )
    const doubts = new Doubts(lost)
    const { target, onProgress: _, signal: __, ...forStore } = this.#options
    const writer = await TargetWriter.open(target, this.#fs, forStore)
    try {
      for await (const entry of newestEntries([...segments, new ListSource(logs.entries)])) {
        if (entry.kind === EntryKind.tombstone) continue
        await writer.add(entry, doubts.mayBeOutdated(entry))
        this.#entryCount = writer.entryCount
        await this.#turns.turnSampled()
        this.#options.signal?.throwIfAborted()
      }
      await writer.finish()
      return writer
    } catch (error) {
      await writer.discard()
      throw error
    } finally {
      for (const segment of segments) await segment.close()
    }
  }

  #report(bytes: number): void {
    this.#doneBytes += bytes
    this.#options.onProgress?.({
      phase: this.#phase,
      doneBytes: this.#doneBytes,
      totalBytes: Math.max(this.#totalBytes, this.#doneBytes),
      entryCount: this.#entryCount,
    })
  }
}

/** Where nothing says for certain what the store was made of, everything is in doubt. */
function doubtOf({ doubt }: Picture): LostRange[] {
  if (doubt === undefined) return []
  const reason = `${doubt.reason}; without it nobody knows which of the files the store still used`
  return [{ path: doubt.path, offset: doubt.offset, length: 0, reason, keys: {}, newestSequence: undefined }]
}

/** A segment that the manifest should name and does not may be newer than all others, or was never in use. */
function withoutPlace(survey: SegmentSurvey, { isCertain, segments }: Picture): SegmentSurvey {
  if (!isCertain || segments.has(survey.number)) return survey
  const reason = 'no edit of the manifest names this segment: it was unfinished, or the manifest lost its end'
  const { path, sizeBytes } = survey
  return {
    ...survey,
    lost: [{ path, offset: 0, length: sizeBytes, reason, keys: {}, newestSequence: undefined }],
  }
}

function checkOptions(options: RepairOptions): void {
  checkOptionNames('repair', options, optionNames)
  const { target, onProgress, signal } = options
  if (typeof target !== 'string' || target === '') {
    throw new InvalidArgumentError(`target must be the path of a folder, got ${describeValue(target)}`)
  }
  if (onProgress !== undefined) checkFunction('onProgress', onProgress)
  checkSignal(signal)
  signal?.throwIfAborted()
}

async function checkFolders(fs: FileSystem, path: string, target: string): Promise<void> {
  if (!(await namesIn(fs, path)).some((name) => isOfStore(name)))
    throw new InvalidArgumentError(`there is no store in ${path}, nor anything that is left of one`)
  if (target === path || target.startsWith(joinPath(path, '')))
    throw new InvalidArgumentError(`target must lie outside of the damaged store ${path}, not at ${target}`)
  const [found] = await namesIn(fs, target)
  if (found !== undefined)
    throw new InvalidArgumentError(
      `target must be a folder of its own; ${target} is not empty (it has "${found}")`,
    )
}

function isOfStore(name: string): boolean {
  const kind = parseFileName(name)?.kind
  return kind !== undefined && kind !== 'lock' && kind !== 'temporary'
}

async function namesIn(fs: FileSystem, path: string): Promise<string[]> {
  try {
    return (await fs.list(path)).map(({ name }) => name)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR')
      throw new InvalidArgumentError(`${path} is a file; a store is a folder`, { cause: error })
    throw new StorageError(`cannot read the folder ${path}: ${String(error)}`, { cause: error })
  }
}

/** On a file system that is mounted read-only nobody else can write either, and no lock can be taken. */
async function lockUnlessReadOnly(fs: FileSystem, path: string): Promise<DirectoryLock | undefined> {
  try {
    return await fs.lock(path)
  } catch (error) {
    if (systemCodeOf(error) === 'EROFS') return undefined
    if (error instanceof StoreError) throw error
    throw new StorageError(`cannot lock the store ${path}: ${String(error)}`, { cause: error })
  }
}
