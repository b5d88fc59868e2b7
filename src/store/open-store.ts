/**
 * Opens a store: takes the lock, finds out what is in the folder, makes a store if there is none, and reads
 * what an earlier life left in its logs back into memory, from where it is served at once. The engine then puts it
 * in new files, before anything else is written (`RecoveryJob`); opening changes nothing on disk.
 */

import { CorruptionError, InvalidArgumentError, systemCodeOf } from '../errors.ts'
import { joinPath, logFileName, manifestFileName, segmentFileName } from '../fs/file-names.ts'
import type { DirectoryLock, File, FileSystem } from '../fs/file-system.ts'
import { type ArrivingBytes, arrivedBytes, readInSlices } from '../fs/read-in-slices.ts'
import { AppendFile } from '../log/append-file.ts'
import type { StoreId } from '../log/file-header.ts'
import { type CloseProof, readCloseProof } from '../manifest/close-proof.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { Manifest } from '../manifest/manifest.ts'
import { emptyManifestState, type ManifestState } from '../manifest/manifest-state.ts'
import { type ReadManifest, readManifest } from '../manifest/read-manifest.ts'
import type { ManifestParts } from '../manifest/successor.ts'
import { ArenaSupply } from './arena-supply.ts'
import { closeExecutors, type Executors, executorsOf } from './executors.ts'
import { FileNumbers } from './file-numbers.ts'
import { inlineBytesMax } from './maintenance.ts'
import { type LogSource, type RecoveredLogs, recoverLogs } from './recover-logs.ts'
import type { ObsoletePath, Recovery } from './recovery-job.ts'
import type { Components, Settings } from './settings.ts'
import { StoreEngine } from './store-engine.ts'
import { StoreEvents } from './store-events.ts'
import {
  asOpenError,
  contentOf,
  type FolderContent,
  isStoreFile,
  missingStore,
  prepareFolder,
} from './store-folder.ts'
import { StoreHealth } from './store-health.ts'

/** What is not longer is read sooner than the thread pool answers. */
const blockingBytesMax = 256 * 1024

/** Opens the store in the folder `path`; see `LogStructuredStore.open`. */
export async function openStore<K, V>(
  path: string,
  settings: Settings,
  components: Components<K, V>,
): Promise<StoreEngine<K, V>> {
  const { fileSystem: fs, clock } = components
  const beganMs = clock.monotonicMs()
  await prepareFolder(fs, path, settings)
  const arenas = new ArenaSupply(settings.tuning.arenaSizeBytes, settings.tuning.arenaCountMax)
  arenas.reserve()
  const lock = await lockFolder(fs, path, arenas)
  const opening = new Opening(path, settings, components, lock, arenas)
  try {
    const engine = await opening.run()
    const { recovered } = opening
    engine.events.emit('open', {
      path,
      durationMs: clock.monotonicMs() - beganMs,
      recoveredEntryCount: recovered?.entryCount ?? 0,
      recoveredLogBytes: recovered?.logBytes ?? 0,
    })
    if (recovered?.cut !== undefined) {
      const { cut } = recovered
      const message = `the log ${cut.path} ended at byte ${cut.offset} (${cut.reason}): the last writes before the stop were not complete`
      engine.events.emit('warning', { message })
    }
    return engine
  } catch (error) {
    arenas.release()
    await opening.giveUp()
    await lock.release()
    throw asOpenError(error, path)
  }
}

async function lockFolder(fs: FileSystem, path: string, arenas: ArenaSupply): Promise<DirectoryLock> {
  try {
    return await fs.lock(path)
  } catch (error) {
    arenas.release()
    throw asOpenError(error, path)
  }
}

class Opening<K, V> {
  readonly #path: string
  readonly #settings: Settings
  readonly #components: Components<K, V>
  readonly #fs: FileSystem
  readonly #lock: DirectoryLock
  readonly #arenas: ArenaSupply
  readonly #events: StoreEvents
  readonly #executors: Executors
  recovered: RecoveredLogs | undefined

  constructor(
    path: string,
    settings: Settings,
    components: Components<K, V>,
    lock: DirectoryLock,
    arenas: ArenaSupply,
  ) {
    this.#path = path
    this.#settings = settings
    this.#components = components
    this.#fs = components.fileSystem
    this.#lock = lock
    this.#arenas = arenas
    this.#events = new StoreEvents(components.logger)
    this.#executors = executorsOf(settings, components, (message) =>
      this.#events.emit('warning', { message }),
    )
  }

  /** The store cannot be opened. */
  giveUp(): Promise<void> {
    return closeExecutors(this.#executors)
  }

  async run(): Promise<StoreEngine<K, V>> {
    const content = contentOf(await this.#fs.list(this.#path))
    if (!content.names.has('CURRENT')) return this.#create(content)
    if (this.#settings.errorIfExists) {
      throw new InvalidArgumentError(`the store ${this.#path} exists already, and errorIfExists is set`)
    }
    return this.#openExisting(content)
  }

  async #create(content: FolderContent): Promise<StoreEngine<K, V>> {
    const lost = [...content.names].find(isStoreFile)
    if (lost !== undefined) {
      throw new CorruptionError(
        `CURRENT is missing although ${lost} is there; put it back from a backup, or move the files away to start anew`,
        joinPath(this.#path, 'CURRENT'),
        0,
      )
    }
    if (!this.#settings.createIfMissing) throw missingStore(this.#path)
    const fileNumbers = new FileNumbers(content.highestNumber + 1)
    const parts = this.#manifestParts(newStoreId(this.#components.random), fileNumbers)
    const manifest = await Manifest.create(parts, emptyManifestState)
    return this.#engine(manifest, parts.storeId, fileNumbers, {
      nextSequence: 1,
      isProofPresent: false,
      orphans: content.manifests.map((number) => this.#orphan(manifestFileName(number))),
    })
  }

  async #openExisting(content: FolderContent): Promise<StoreEngine<K, V>> {
    const current = await readCurrent(this.#fs, this.#path)
    const proof = await readCloseProof(this.#fs, this.#path)
    const read = await this.#readManifest(
      current.manifestNumber,
      current.storeId,
      current.manifestSyncedLength,
      proof,
    )
    const { state } = read
    this.#verifySegments(state, content)
    this.#verifyLogs(state, content, proof)
    const liveLogs = content.logs.filter((number) => number >= state.lowestLiveLog)
    const fileNumbers = new FileNumbers(Math.max(content.highestNumber + 1, state.nextFileNumber))
    const parts = this.#manifestParts(current.storeId, fileNumbers)
    if (proof !== undefined && liveLogs.length === 0) {
      const manifest = this.#continueManifest(parts, current.manifestNumber, read)
      return this.#engine(manifest, current.storeId, fileNumbers, {
        nextSequence: Math.max(nextSequenceOf(state), proof.lastSequence + 1),
        isProofPresent: true,
        orphans: this.#orphans(content, state, current.manifestNumber),
      })
    }
    const start = {
      storeId: current.storeId,
      flushedSequence: state.flushedSequence,
      restartSequence: state.restartSequence,
      lowestLiveLog: state.lowestLiveLog,
    }
    const logBytes = liveLogs.reduce((sum, number) => sum + this.#sizeOf(this.#logPath(number)), 0)
    // While the logs are read here.
    if (logBytes > inlineBytesMax) this.#executors.executor.prepare()
    const recovered = await recoverLogs(this.#logSources(liveLogs, state, proof), start, this.#arenas)
    this.recovered = recovered
    // The recovered tables may have taken what a store that opens must have.
    this.#arenas.reserve()
    // Whether its last edits are on stable storage nobody knows, so nothing is written behind them.
    const unproven = { ...read, isTorn: read.isTorn || proof === undefined }
    const manifest = this.#continueManifest(parts, current.manifestNumber, unproven)
    return this.#engine(manifest, current.storeId, fileNumbers, {
      nextSequence: Math.max(
        nextSequenceOf(state),
        recovered.lastSequence + 1,
        recovered.highestSeenSequence + 1,
        (proof?.lastSequence ?? 0) + 1,
      ),
      isProofPresent: proof !== undefined,
      orphans: [],
      recovery: {
        tables: recovered.tables,
        lastSequence: recovered.lastSequence,
        orphans: this.#orphans(content, state, current.manifestNumber),
      },
    })
  }

  async #readManifest(
    number: number,
    storeId: StoreId,
    syncedLength: number,
    proof: CloseProof | undefined,
  ): Promise<ReadManifest> {
    const path = joinPath(this.#path, manifestFileName(number))
    const bytes = await this.#readFile(path, 'CURRENT names it')
    if (proof === undefined) return readManifest(bytes, path, number, storeId, syncedLength)
    if (proof.manifestNumber !== number || proof.manifestLength !== bytes.length) {
      const problem = `the manifest is not the one of ${proof.manifestLength} bytes that the store was closed with`
      throw new CorruptionError(problem, path, Math.min(bytes.length, proof.manifestLength))
    }
    return readManifest(bytes, path, number, storeId, proof.manifestLength)
  }

  #continueManifest(parts: ManifestParts, number: number, read: ReadManifest): Manifest {
    const path = joinPath(this.#path, manifestFileName(number))
    const file = this.#fs.openSync(path, 'update')
    return new Manifest(
      parts,
      new AppendFile(file, read.length, this.#fs.openSync(path, 'update')),
      number,
      read.state,
      read.firstRecordLength,
      read.isTorn,
    )
  }

  /** Every segment that the manifest names is there with its size. */
  #verifySegments(state: ManifestState, content: FolderContent): void {
    for (const meta of state.version.segments) {
      const name = segmentFileName(meta.number)
      const path = joinPath(this.#path, name)
      if (!content.names.has(name)) throw new CorruptionError('the segment is missing', path, 0)
      const sizeBytes = this.#sizeOf(path)
      if (sizeBytes !== meta.sizeBytes) {
        const problem = `the segment has ${sizeBytes} bytes instead of ${meta.sizeBytes}`
        throw new CorruptionError(problem, path, Math.min(sizeBytes, meta.sizeBytes))
      }
    }
  }

  #verifyLogs(state: ManifestState, content: FolderContent, proof: CloseProof | undefined): void {
    const proven = proof?.logs.map(({ number }) => number) ?? []
    for (const number of [...state.logNumbers, ...proven]) {
      const name = logFileName(number)
      if (!content.names.has(name))
        throw new CorruptionError('the log is missing', joinPath(this.#path, name), 0)
    }
  }

  #logSources(numbers: readonly number[], state: ManifestState, proof: CloseProof | undefined): LogSource[] {
    return numbers.map((number) => {
      const path = this.#logPath(number)
      return {
        number,
        path,
        read: (memoryOf) => this.#beginReading(path, 'it was listed', memoryOf),
        isNamed: state.logNumbers.includes(number),
        provenLength: proof?.logs.find((log) => log.number === number)?.length,
      }
    })
  }

  /**
   * What nothing names, and all logs: to be removed once what they hold is in segments. Temporary files are left to
   * whoever writes the next one under that name: a removal could come just in between.
   */
  #orphans(content: FolderContent, state: ManifestState, manifestNumber: number): ObsoletePath[] {
    const named = new Set(state.version.segments.map(({ number }) => number))
    const names = [
      ...content.segments.filter((number) => !named.has(number)).map(segmentFileName),
      ...content.manifests.filter((number) => number !== manifestNumber).map(manifestFileName),
      ...content.logs.map(logFileName),
    ]
    return names.map((name) => this.#orphan(name))
  }

  /** A file to be removed. One that is gone already does no harm. */
  #orphan(name: string): ObsoletePath {
    const path = joinPath(this.#path, name)
    try {
      return { path, sizeBytes: this.#sizeOf(path) }
    } catch {
      return { path, sizeBytes: 0 }
    }
  }

  #logPath(number: number): string {
    return joinPath(this.#path, logFileName(number))
  }

  #sizeOf(path: string): number {
    const file = this.#fs.openSync(path, 'read')
    try {
      return file.sizeSync()
    } finally {
      file.closeSync()
    }
  }

  async #readFile(path: string, because: string): Promise<Uint8Array> {
    const arriving = await this.#beginReading(path, because, (sizeBytes) => new Uint8Array(sizeBytes))
    try {
      await arriving.arrive(arriving.bytes.length)
    } finally {
      await arriving.close()
    }
    return arriving.bytes
  }

  async #beginReading(
    path: string,
    because: string,
    memoryOf: (sizeBytes: number) => Uint8Array,
  ): Promise<ArrivingBytes> {
    try {
      return await beginReading(this.#fs.openSync(path, 'read'), memoryOf)
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT')
        throw new CorruptionError(`the file is missing although ${because}`, path, 0)
      throw error
    }
  }

  #manifestParts(storeId: StoreId, fileNumbers: FileNumbers): ManifestParts {
    return {
      fs: this.#fs,
      directory: this.#path,
      storeId,
      lock: this.#lock,
      nextFileNumber: () => fileNumbers.next(),
    }
  }

  #engine(
    manifest: Manifest,
    storeId: StoreId,
    fileNumbers: FileNumbers,
    found: {
      readonly nextSequence: number
      readonly isProofPresent: boolean
      readonly orphans: readonly ObsoletePath[]
      readonly recovery?: Recovery
    },
  ): StoreEngine<K, V> {
    const { clock, scheduler, keyEncoding, valueEncoding } = this.#components
    return new StoreEngine<K, V>({
      recovery: undefined,
      ...found,
      path: this.#path,
      storeId,
      settings: this.#settings,
      keyEncoding,
      valueEncoding,
      fs: this.#fs,
      clock,
      scheduler,
      lock: this.#lock,
      manifest,
      fileNumbers,
      arenas: this.#arenas,
      ...this.#executors,
      events: this.#events,
      health: new StoreHealth(this.#path, this.#events),
    })
  }
}

/** Begins to read a file whole, which is closed with the reading; a small one is read and closed at once. */
async function beginReading(file: File, memoryOf: (sizeBytes: number) => Uint8Array): Promise<ArrivingBytes> {
  let reading: ArrivingBytes | undefined
  try {
    const bytes = memoryOf(file.sizeSync())
    if (bytes.length <= blockingBytesMax) return arrivedBytes(bytes.subarray(0, file.readSync(bytes, 0)))
    reading = await readInSlices(file, bytes)
    return reading
  } finally {
    if (reading === undefined) file.closeSync()
  }
}

/** Above everything that the manifest knows to have been given out. */
function nextSequenceOf(state: ManifestState): number {
  const inSegments = state.version.segments.map(({ largestSequence }) => largestSequence)
  return Math.max(
    state.restartSequence,
    state.flushedSequence + 1,
    ...inSegments.map((sequence) => sequence + 1),
  )
}

function newStoreId(random: () => number): StoreId {
  return { high: random(), low: random() }
}
