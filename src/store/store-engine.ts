/**
 * The heart of an open LogStructuredStore, below keys and values of types: all its parts, wired together, and
 * the acts that concern several of them: sealing, installing, resuming after a full disk, closing.
 */
import type { Encoding } from '../encoding/encoding.ts'
import type { KeyRange } from '../entry/key-range.ts'
import { isDiskFull } from '../errors.ts'
import { joinPath, segmentFileName } from '../fs/file-names.ts'
import type { DirectoryLock, FileSystem } from '../fs/file-system.ts'
import type { StoreId } from '../log/file-header.ts'
import { consumeCloseProof, consumeCloseProofSync } from '../manifest/close-proof.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { ManifestState } from '../manifest/manifest-state.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { BlockCache } from '../segment/block-cache.ts'
import { IndexBudget } from '../segment/index-budget.ts'
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { MergeExecutor } from '../worker/merge-executor.ts'
import type { ArenaSupply } from './arena-supply.ts'
import { BackgroundSync } from './background-sync.ts'
import { bringToDisk, letGo } from './close-store.ts'
import { EntryEncoder } from './entry-encoder.ts'
import type { FileNumbers } from './file-numbers.ts'
import { type Leisure, LeisureWatch } from './leisure-watch.ts'
import { LiveSequences } from './live-sequences.ts'
import { LogSet } from './log-set.ts'
import { LogSyncer } from './log-syncer.ts'
import { LoopBlocks } from './loop-blocks.ts'
import { Maintenance } from './maintenance.ts'
import { MemTables } from './mem-tables.ts'
import { ObsoleteFiles } from './obsolete-files.ts'
import { ReadPace } from './read-pace.ts'
import { type ObsoletePath, type Recovery, RecoveryJob } from './recovery-job.ts'
import { Resumption } from './resumption.ts'
import { RoomGate } from './room-gate.ts'
import { Scrubber } from './scrubber.ts'
import type { Settings } from './settings.ts'
import { flushToStartOver } from './start-over.ts'
import type { StoreEvents } from './store-events.ts'
import { asStoreError, type StoreHealth } from './store-health.ts'
import { TurnWatch } from './turn-watch.ts'
import { untilAborted } from './until-aborted.ts'
import { ViewKeeper } from './view-keeper.ts'
import { WritePipeline } from './write-pipeline.ts'

/** What opening found and made. */
export interface StoreEngineParts<K, V> {
  readonly path: string
  readonly storeId: StoreId
  readonly settings: Settings
  readonly keyEncoding: Encoding<K>
  readonly valueEncoding: Encoding<V>
  readonly fs: FileSystem
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly lock: DirectoryLock
  readonly manifest: Manifest
  readonly fileNumbers: FileNumbers
  readonly arenas: ArenaSupply
  readonly executor: MergeExecutor
  readonly inlineExecutor: MergeExecutor
  readonly runsInWorker: boolean
  readonly events: StoreEvents
  readonly health: StoreHealth
  readonly nextSequence: number
  /** A proof of a clean close lies in the folder. */
  readonly isProofPresent: boolean
  /** Files that nothing names. */
  readonly orphans: readonly ObsoletePath[]
  /** To be done before the first write. */
  readonly recovery: Recovery | undefined
}

export class StoreEngine<K, V> {
  readonly path: string
  readonly fs: FileSystem
  readonly storeId: StoreId
  readonly settings: Settings
  readonly fileNumbers: FileNumbers
  readonly arenas: ArenaSupply
  readonly live: LiveSequences = new LiveSequences()
  readonly health: StoreHealth
  readonly events: StoreEvents
  readonly views: ViewKeeper
  readonly pace: ReadPace
  readonly turns: TurnWatch
  readonly loopBlocks: LoopBlocks
  readonly tables: MemTables
  readonly logs: LogSet
  readonly syncer: LogSyncer
  readonly pipeline: WritePipeline<K, V>
  readonly recovery: RecoveryJob
  readonly maintenance: Maintenance
  readonly obsolete: ObsoleteFiles
  readonly gate: RoomGate
  readonly scrubber: Scrubber
  readonly blocks: BlockCache
  readonly indexes: IndexBudget
  readonly manifest: Manifest
  readonly runsInWorker: boolean
  readonly #parts: StoreEngineParts<K, V>
  readonly #backgroundSync: BackgroundSync
  #isProofPresent: boolean
  readonly #leisureWatch: LeisureWatch
  readonly #resumption: Resumption
  #isClosing = false

  constructor(parts: StoreEngineParts<K, V>) {
    this.#parts = parts
    const { settings, clock, fs, path, manifest, health, events } = parts
    const { tuning } = settings
    const monotonicMs = (): number => clock.monotonicMs()
    this.path = path
    this.fs = fs
    this.storeId = parts.storeId
    this.settings = settings
    this.fileNumbers = parts.fileNumbers
    this.arenas = parts.arenas
    this.health = health
    this.events = events
    this.manifest = manifest
    this.runsInWorker = parts.runsInWorker
    this.#isProofPresent = parts.isProofPresent
    const loopBlocks = new LoopBlocks(clock)
    const scheduler = loopBlocks.watch(parts.scheduler)
    this.loopBlocks = loopBlocks
    this.pace = new ReadPace(monotonicMs, (durationMs) => loopBlocks.note(durationMs))
    this.turns = new TurnWatch(clock, parts.scheduler)
    this.blocks = new BlockCache(tuning.cacheBudgetBytes)
    this.indexes = new IndexBudget(tuning.indexBudgetBytes)
    const publishedSequence = (): number => this.pipeline.publishedSequence
    this.obsolete = new ObsoleteFiles({
      fs,
      scheduler,
      proveDropped: async () => {
        await this.#beforeChange()
        await manifest.proveSynced()
      },
      logsIdle: () => this.syncer.idle(),
      onManifestFailed: (error) => {
        if (!isDiskFull(error)) this.#poison(error)
      },
      onFailed: (error, file) =>
        events.emit('warning', { message: `could not remove ${file}: ${String(error)}` }),
    })
    this.logs = new LogSet({
      fs,
      directory: path,
      storeId: parts.storeId,
      manifest,
      nextFileNumber: () => parts.fileNumbers.next(),
      onPrepareFailed: (error) => this.#onPrepareFailed(error),
      beforeChangeSync: () => this.#beforeChangeSync(),
      onFirstLog: (log) => this.tables.logCreated(log.number),
    })
    this.syncer = new LogSyncer(
      {
        logs: this.logs,
        clock,
        writtenSequence: () => this.pipeline.writtenSequence,
        onFailed: (error) => this.#poison(error),
      },
      parts.recovery === undefined ? parts.nextSequence - 1 : manifest.state.flushedSequence,
    )
    const active = MemTable.create(parts.arenas.takeAnyway(), parts.nextSequence)
    this.tables = new MemTables(
      {
        arenas: parts.arenas,
        executor: parts.executor,
        publishedSequence,
        onChanged: (tables) => this.views.setTables(tables),
        onRotated: () => this.#switchLog(),
        onSettled: () => this.maintenance.tablesSettled(),
      },
      active,
      parts.recovery?.tables ?? [],
    )
    this.views = new ViewKeeper(
      {
        fs,
        directory: path,
        caches: { blocks: this.blocks, indexes: this.indexes },
        onObsolete: (segments) => this.obsolete.addSegments(segments),
      },
      this.tables.all,
      manifest.state.version,
    )
    this.recovery = new RecoveryJob(this, parts.recovery, parts.nextSequence)
    this.maintenance = new Maintenance({
      directory: path,
      settings,
      manifest,
      tables: this.tables,
      live: this.live,
      health,
      events,
      executor: parts.executor,
      inlineExecutor: parts.inlineExecutor,
      scheduler,
      monotonicMs,
      publishedSequence,
      reserveFileNumbers: (count) => parts.fileNumbers.reserve(count),
      beforeChange: () => this.#beforeChange(),
      beforeChangeSync: () => this.#beforeChangeSync(),
      recovery: this.recovery,
      installFlush: (state, flushed) => loopBlocks.measure(() => this.#installFlush(state, flushed)),
      installCompaction: (state) =>
        loopBlocks.measure(() => this.views.setVersion(state.version, this.tables.all)),
      onRoom: () => this.gate.open(),
      onFlushFailed: (error) => this.#onFlushFailed(error),
      isWriteWaiting: () => this.gate.isStalledForMemory,
      removeOutputs: (added) => {
        for (const { number } of added)
          void fs.unlink(joinPath(path, segmentFileName(number))).catch(() => undefined)
      },
    })
    this.#backgroundSync = new BackgroundSync({
      intervalMs: settings.syncIntervalMs,
      clock,
      scheduler,
      syncer: this.syncer,
      logs: this.logs,
      writeOut: () => this.pipeline.writeOut(),
      isStopped: () => this.#isClosing || health.state === 'failed',
      onCaughtUp: () => this.gate.open(),
    })
    this.gate = new RoomGate({
      clock,
      scheduler,
      events,
      maintenance: this.maintenance,
      isSyncOverdue: () => this.#backgroundSync.isOverdue,
      syncSync: () => {
        this.syncer.syncSync()
        this.#backgroundSync.noteCaughtUp()
      },
    })
    this.pipeline = new WritePipeline<K, V>(
      {
        encoder: new EntryEncoder(parts.keyEncoding, parts.valueEncoding),
        durability: settings.durability,
        storeId: parts.storeId,
        arenaSizeBytes: tuning.arenaSizeBytes,
        logs: this.logs,
        syncer: this.syncer,
        health,
        turns: this.turns,
        monotonicMs,
        microtask: (run) => scheduler.microtask(run),
        immediate: (run) => scheduler.immediate(run),
        measure: (act) => loopBlocks.measure(act),
        tables: this.tables,
        isHeldBack: () => this.gate.isHeldBack(),
        isRecovering: () => this.maintenance.isRecovering,
        waitForRoom: () => this.gate.wait(),
        waitForRoomSync: () => this.gate.waitSync(),
        onGroup: (sizeBytes) => this.#noteGroup(sizeBytes),
        onDirty: () => this.#backgroundSync.noteDirty(),
        onRefusedFull: () => this.#resumption.ask(),
        onFailed: () => this.gate.open(),
      },
      parts.nextSequence,
    )
    this.#resumption = new Resumption({
      clock,
      scheduler,
      attempt: (beganMs) => this.#resume(beganMs),
      isFull: () => health.state === 'full',
    })
    this.scrubber = new Scrubber({
      intervalMs: settings.scrubIntervalMs,
      clock,
      scheduler,
      events,
      segments: () => this.views.current.segments,
    })
    health.onRefusing = () => {
      this.#resumption.begin()
      this.maintenance.wake()
      this.gate.open()
    }
    this.#resumption.begin()
    this.obsolete.addPaths(parts.orphans)
    this.maintenance.schedule()
    this.#leisureWatch = new LeisureWatch({
      scheduler: parts.scheduler,
      readCount: () => this.blocks.hitCount + this.blocks.missCount,
      onLeisure: (leisure) => this.#setLeisure(leisure),
    })
  }

  /** Seals what was written so far and waits until all of it is in segments, or for the signal. */
  async flush(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#seal(signal)
      await untilAborted(this.maintenance.flushed(this.tables.sealed, signal), signal)
    } catch (error) {
      signal?.throwIfAborted()
      throw asStoreError(error, `the store ${this.path} could not be flushed`)
    }
  }

  /** Seals the active table; without memory for another one only a flush helps, and a failure of that is told. */
  async #seal(signal: AbortSignal | undefined): Promise<void> {
    let isOver = false
    const sealed = this.pipeline.seal(signal).finally(() => {
      isOver = true
    })
    await Promise.race([sealed, this.maintenance.flushFailed(() => isOver)])
  }

  /** Flushes, then merges everything in the range down as far as it goes. */
  async compact(range: KeyRange, signal: AbortSignal | undefined): Promise<void> {
    await this.flush(signal)
    try {
      await untilAborted(this.maintenance.compact(range, signal), signal)
    } catch (error) {
      signal?.throwIfAborted()
      throw asStoreError(error, `the store ${this.path} could not be compacted`)
    }
  }

  /** A reader let go of its place: old versions may be droppable now. */
  readerLeft(): void {
    this.maintenance.schedule()
  }

  /**
   * Brings everything to the disk, leaves the proof of that, and lets go of all. What fails on the way leaves no
   * proof; the first failure is thrown once everything is let go of.
   */
  async close(): Promise<void> {
    const beganMs = this.#parts.clock.monotonicMs()
    this.#isClosing = true
    this.#leisureWatch.stop()
    this.#backgroundSync.stop()
    this.scrubber.stop()
    // Writes that wait for a flush which just failed would wait for ever: see #onFlushFailed.
    if (this.maintenance.flushFailure !== undefined) this.#onFlushFailed(this.maintenance.flushFailure)
    await this.#resumption.stop()
    await this.pipeline.idle()
    this.pipeline.writeOut()
    await this.pipeline.idle()
    await this.maintenance.close()
    await this.logs.stopPreparing()
    const failure = await this.#bringToDisk()
    this.pipeline.refuse(this.health.closedError())
    this.health.close()
    this.gate.open()
    await letGo(this, this.#parts)
    this.events.emit('close', { path: this.path, durationMs: this.#parts.clock.monotonicMs() - beganMs })
    if (failure !== undefined) throw failure
  }

  async #bringToDisk(): Promise<Error | undefined> {
    try {
      // A removal under way may be taking the proof away.
      await this.obsolete.settled()
      if (!this.#isProofPresent) await bringToDisk(this, this.#parts.lock)
      return undefined
    } catch (error) {
      return asStoreError(error, `the store ${this.path} could not be brought to disk`)
    }
  }

  #switchLog(): number | undefined {
    this.logs.switch()
    return this.logs.current?.number
  }

  #noteGroup(sizeBytes: number): void {
    this.gate.noteWritten(sizeBytes)
    this.#leisureWatch.noteWrite()
  }

  /** While nobody needs the store, space is given back that was not worth the work before. */
  #setLeisure(leisure: Leisure): void {
    this.maintenance.setLeisure(leisure)
    if (leisure === 'none') return
    if (leisure === 'calm' && this.maintenance.isFlushWorthwhile()) void this.#sealCalmly()
    else this.maintenance.schedule()
  }

  /** The active table is flushed first, so that what is merged then is merged once. */
  async #sealCalmly(): Promise<void> {
    try {
      await this.pipeline.seal(undefined)
    } catch {
      // The store was closed or has failed meanwhile, and says so elsewhere.
    }
    this.maintenance.schedule()
  }

  #installFlush(state: ManifestState, flushed: readonly MemTable[]): void {
    this.tables.drop(flushed)
    this.views.setVersion(state.version, this.tables.all)
    this.syncer.advanceTo(state.flushedSequence)
    this.#giveBack(flushed.map((table) => table.arena))
    this.obsolete.addLogs(this.logs.dropBelow(state.lowestLiveLog))
  }

  /** Arenas may be the source of a log write that a blocking one overtook: that comes home first. */
  #giveBack(arenas: readonly Parameters<ArenaSupply['giveBack']>[0][]): void {
    for (const arena of arenas) {
      const readers = this.logs.logs
        .map((log) => log.file)
        .filter((file) => file.readsFrom(arena.memory.buffer, arena.base, arena.sizeBytes))
      if (readers.length === 0) this.arenas.giveBack(arena)
      else this.arenas.giveBackAfter(arena, Promise.all(readers.map((file) => file.settled)))
    }
    this.gate.open()
  }

  #poison(error: unknown): Error {
    const failure = this.health.poison(error)
    this.pipeline.refuse(failure)
    return failure
  }

  /** While the store closes nobody waits for better days: writes that wait for memory are refused. */
  #onFlushFailed(error: unknown): void {
    if (this.#isClosing)
      this.pipeline.refuse(asStoreError(error, 'the write found no memory, and a flush failed'))
  }

  #onPrepareFailed(error: unknown): void {
    if (this.#isClosing) return
    if (isDiskFull(error))
      this.events.emit('warning', { message: `no room for the next log: ${String(error)}` })
    else this.#poison(error)
  }

  /** The proof counts as present until it is gone for good: whoever comes meanwhile removes it too. */
  async #beforeChange(): Promise<void> {
    if (!this.#isProofPresent) return
    await consumeCloseProof(this.#parts.fs, this.path)
    this.#isProofPresent = false
  }

  #beforeChangeSync(): void {
    if (!this.#isProofPresent) return
    consumeCloseProofSync(this.#parts.fs, this.path)
    this.#isProofPresent = false
  }

  /**
   * After a full disk: flushes what is published, and in one edit drops the logs, whose ends nobody knows, and
   * sets the next sequence number behind all that were given out.
   */
  async #resume(beganMs: number): Promise<void> {
    try {
      // A large batch that is half-way in would go on in memory that is another table's by then.
      await this.pipeline.idle()
      await this.maintenance.jobsEnded()
      await Promise.all(this.logs.logs.map((log) => log.file.settled))
      const restartSequence = this.pipeline.nextSequence
      await this.maintenance.flushTogether(flushToStartOver(this, this.tables.all, restartSequence))
      this.events.emit('resumed', { durationMs: this.#parts.clock.monotonicMs() - beganMs })
      this.maintenance.schedule()
      this.gate.open()
    } catch (error) {
      if (!isDiskFull(error)) this.#poison(error)
    }
  }
}
