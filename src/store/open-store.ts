/**
 * Opens a store: takes the lock, finds out what is in the folder, makes a store if there is none, and recovers
 * what an earlier life left in its logs. Recovery writes new files only, until one edit puts them in force; a
 * crash in the middle of it repeats it.
 */

import { type MergeResult, outputNumberCount } from '../compaction/merge-job.ts'
import { CorruptionError, InvalidArgumentError, isDiskFull, systemCodeOf } from '../errors.ts'
import { joinPath, logFileName, manifestFileName, segmentFileName } from '../fs/file-names.ts'
import type { DirectoryLock, FileSystem } from '../fs/file-system.ts'
import { AppendFile } from '../log/append-file.ts'
import type { StoreId } from '../log/file-header.ts'
import type { LogContent } from '../log/log-replay.ts'
import { type CloseProof, consumeCloseProof, readCloseProof } from '../manifest/close-proof.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { Manifest, type ManifestParts } from '../manifest/manifest.ts'
import { applyEdit, emptyManifestState, type ManifestState } from '../manifest/manifest-state.ts'
import { type ReadManifest, readManifest } from '../manifest/read-manifest.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import { inlineExecutor } from '../worker/inline-executor.ts'
import { workerExecutor } from '../worker/worker-executor.ts'
import { ArenaSupply } from './arena-supply.ts'
import { FileNumbers } from './file-numbers.ts'
import { type RecoveredLogs, recoverLogs } from './recover-logs.ts'
import { type Components, type Settings, segmentSettingsOf } from './settings.ts'
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
  try {
    const opening = new Opening(path, settings, components, lock, arenas)
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
      unflushed: [],
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
      const manifest = await this.#continueManifest(parts, current.manifestNumber, read)
      return this.#engine(manifest, current.storeId, fileNumbers, {
        nextSequence: Math.max(nextSequenceOf(state), proof.lastSequence + 1),
        unflushed: [],
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
    this.recovered = await recoverLogs(this.#readLogs(liveLogs, state, proof), start, this.#arenas)
    return this.#engineAfterRecovery(
      content,
      parts,
      fileNumbers,
      read,
      current.manifestNumber,
      this.recovered,
      proof,
    )
  }

  /** Puts what was recovered in segments, and these in force by a manifest of their own. */
  async #engineAfterRecovery(
    content: FolderContent,
    parts: ManifestParts,
    fileNumbers: FileNumbers,
    read: ReadManifest,
    manifestNumber: number,
    recovered: RecoveredLogs,
    proof: CloseProof | undefined,
  ): Promise<StoreEngine<K, V>> {
    const { state } = read
    const nextSequence = Math.max(
      nextSequenceOf(state),
      recovered.lastSequence + 1,
      recovered.highestSeenSequence + 1,
      (proof?.lastSequence ?? 0) + 1,
    )
    let outputs: readonly SegmentMeta[] = []
    try {
      const flushed =
        recovered.tables.length === 0
          ? undefined
          : await this.#flush(recovered.tables, state, recovered.lastSequence, fileNumbers)
      outputs = flushed?.result.added ?? []
      const lowestLiveLog = fileNumbers.next()
      const edited = applyEdit(state, {
        added: outputs.map((meta) => ({ level: 0, run: flushed?.run ?? 0, meta })),
        removed: [],
        flushedSequence: recovered.lastSequence,
        restartSequence: nextSequence,
        lowestLiveLog,
      })
      if (proof !== undefined) await consumeCloseProof(this.#fs, this.#path)
      const manifest = await Manifest.create(parts, edited)
      for (const table of recovered.tables) this.#arenas.giveBack(table.arena)
      this.#arenas.reserve()
      return this.#engine(manifest, parts.storeId, fileNumbers, {
        nextSequence,
        unflushed: [],
        isProofPresent: false,
        orphans: this.#orphans(content, edited, manifest.number),
      })
    } catch (error) {
      if (!isDiskFull(error)) throw error
      for (const { number } of outputs)
        await this.#fs.unlink(joinPath(this.#path, segmentFileName(number))).catch(() => undefined)
      return this.#engineWithoutRoom(
        parts,
        fileNumbers,
        read,
        manifestNumber,
        recovered,
        nextSequence,
        proof,
        error,
        this.#orphans(content, state, manifestNumber),
      )
    }
  }

  /** No room to write down what was recovered: serves reads from memory until there is. */
  async #engineWithoutRoom(
    parts: ManifestParts,
    fileNumbers: FileNumbers,
    read: ReadManifest,
    manifestNumber: number,
    recovered: RecoveredLogs,
    nextSequence: number,
    proof: CloseProof | undefined,
    cause: unknown,
    orphansAfterResume: readonly { path: string; sizeBytes: number }[],
  ): Promise<StoreEngine<K, V>> {
    // Whether its last edits are on stable storage nobody knows, so nothing is written behind them.
    const unproven = { ...read, isTorn: read.isTorn || proof === undefined }
    const manifest = await this.#continueManifest(parts, manifestNumber, unproven)
    const engine = this.#engine(manifest, parts.storeId, fileNumbers, {
      nextSequence,
      unflushed: recovered.tables,
      isProofPresent: proof !== undefined,
      orphans: [],
      orphansAfterResume,
    })
    engine.health.enterFull(cause)
    return engine
  }

  async #flush(
    tables: readonly MemTable[],
    state: ManifestState,
    publishedSequence: number,
    fileNumbers: FileNumbers,
  ): Promise<{ run: number; result: MergeResult }> {
    const segmentSettings = segmentSettingsOf(this.#settings, 0)
    const bytes = tables.reduce((sum, table) => sum + table.sizeBytes, 0)
    const outputNumbers = fileNumbers.reserve(outputNumberCount(bytes, segmentSettings))
    const { clock, scheduler } = this.#components
    const executor = inlineExecutor(this.#fs, clock, scheduler)
    const handle = executor.run({
      kind: 'flush',
      directory: this.#path,
      arenas: tables.map((table) => table.arena),
      liveSequences: [publishedSequence],
      deeperIntervals: state.version.runs.map(({ run }) => run.segments),
      segmentSettings,
      outputNumbers,
    })
    try {
      return { run: outputNumbers.first, result: await handle.done }
    } finally {
      await executor.close()
    }
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

  async #continueManifest(parts: ManifestParts, number: number, read: ReadManifest): Promise<Manifest> {
    const path = joinPath(this.#path, manifestFileName(number))
    const file = await this.#fs.open(path, 'update')
    return new Manifest(
      parts,
      new AppendFile(file, read.length, await this.#fs.open(path, 'update')),
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

  async *#readLogs(
    numbers: readonly number[],
    state: ManifestState,
    proof: CloseProof | undefined,
  ): AsyncGenerator<LogContent> {
    for (const number of numbers) {
      const path = joinPath(this.#path, logFileName(number))
      yield {
        number,
        path,
        bytes: await this.#readFile(path, 'it was listed'),
        isNamed: state.logNumbers.includes(number),
        provenLength: proof?.logs.find((log) => log.number === number)?.length,
      }
    }
  }

  /**
   * What nothing names, and all logs: to be removed once what they hold is in segments. Temporary files are left to
   * whoever writes the next one under that name: a removal could come just in between.
   */
  #orphans(
    content: FolderContent,
    state: ManifestState,
    manifestNumber: number,
  ): { path: string; sizeBytes: number }[] {
    const named = new Set(state.version.segments.map(({ number }) => number))
    const names = [
      ...content.segments.filter((number) => !named.has(number)).map(segmentFileName),
      ...content.manifests.filter((number) => number !== manifestNumber).map(manifestFileName),
      ...content.logs.map(logFileName),
    ]
    return names.map((name) => this.#orphan(name))
  }

  /** A file to be removed. One that is gone already does no harm. */
  #orphan(name: string): { path: string; sizeBytes: number } {
    const path = joinPath(this.#path, name)
    try {
      return { path, sizeBytes: this.#sizeOf(path) }
    } catch {
      return { path, sizeBytes: 0 }
    }
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
    try {
      const file = await this.#fs.open(path, 'read')
      try {
        const bytes = new Uint8Array(await file.size())
        const length = await file.read(bytes, 0)
        return bytes.subarray(0, length)
      } finally {
        await file.close()
      }
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
      readonly unflushed: readonly MemTable[]
      readonly isProofPresent: boolean
      readonly orphans: readonly { path: string; sizeBytes: number }[]
      readonly orphansAfterResume?: readonly { path: string; sizeBytes: number }[]
    },
  ): StoreEngine<K, V> {
    const { clock, scheduler, keyEncoding, valueEncoding, logger } = this.#components
    const events = new StoreEvents(logger)
    const isInline = this.#settings.maintenance === 'inline' || !this.#fs.reachableFromWorkers
    const inline = inlineExecutor(this.#fs, clock, scheduler)
    const executor = isInline
      ? inline
      : workerExecutor(this.#fs, clock, scheduler, (message) => events.emit('warning', { message }))
    return new StoreEngine<K, V>({
      orphansAfterResume: [],
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
      executor,
      inlineExecutor: inline,
      runsInWorker: !isInline,
      events,
      health: new StoreHealth(this.#path, events),
    })
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
