/**
 * What closing a store comes to once nothing goes on in it any more: all that it holds is brought to the disk, a proof
 * says so, and what it used is let go of.
 */

import type { SequenceNumber } from '../entry/entry.ts'
import { isDiskFull } from '../errors.ts'
import type { DirectoryLock, FileSystem } from '../fs/file-system.ts'
import { type CloseProof, writeCloseProof } from '../manifest/close-proof.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { Executors } from './executors.ts'
import type { Maintenance } from './maintenance.ts'
import { editBeyondLogs, type StartOverParts } from './start-over.ts'
import type { StoreEvents } from './store-events.ts'

/** The parts of a store that take part in it. */
export interface ClosingStore extends Omit<StartOverParts, 'pipeline'> {
  readonly path: string
  readonly fs: FileSystem
  readonly manifest: Manifest
  readonly maintenance: Maintenance
  readonly pipeline: {
    readonly publishedSequence: SequenceNumber
    readonly writtenSequence: SequenceNumber
    readonly nextSequence: SequenceNumber
  }
  readonly events: StoreEvents
}

/** What is let go of last. */
export interface Belongings extends Pick<Executors, 'executor' | 'inlineExecutor'> {
  readonly lock: DirectoryLock
}

/** Flushes everything, or on a full disk syncs the logs, and leaves the proof of it. */
export async function bringToDisk(store: ClosingStore, lock: DirectoryLock): Promise<void> {
  if (store.health.state === 'failed') return
  try {
    await flushAll(store)
  } catch (error) {
    if (!isDiskFull(error)) throw error
    await proveWithLogs(store, lock, error)
    return
  }
  await store.obsolete.close()
  await prove(store, lock, [])
}

/** Lets go of everything. Whatever fails, the rest goes too: all that counts is on stable storage, or known not to be. */
export async function letGo(
  store: ClosingStore,
  { lock, executor, inlineExecutor }: Belongings,
): Promise<void> {
  const { segments } = store.views.current
  const attempt = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act()
    } catch (error) {
      store.events.emit('warning', { message: `while the store was closed: ${String(error)}` })
    }
  }
  await attempt(() => store.obsolete.close())
  for (const segment of segments) await attempt(() => segment.close())
  await attempt(() => executor.close())
  await attempt(() => inlineExecutor.close())
  await store.syncer.idle()
  await attempt(() => store.logs.close())
  await attempt(() => store.manifest.close())
  for (const table of store.tables.all) store.arenas.giveBack(table.arena)
  store.arenas.release()
  await lock.release()
}

/** One edit puts everything in segments and drops the logs. */
async function flushAll(store: ClosingStore): Promise<void> {
  const { manifest, obsolete } = store
  const tables = store.tables.all.filter((table) => table.entryCount > 0)
  const more = editBeyondLogs(store.fileNumbers, store.pipeline.nextSequence)
  manifest.prepareToClose()
  if (tables.length > 0) await store.maintenance.flushTogether({ tables, more, install: () => {} })
  else if (manifest.state.logNumbers.length > 0)
    await manifest.append({ added: [], removed: [], ...more }, () => {})
  else return
  obsolete.addLogs(store.logs.abandon())
  obsolete.addPaths(store.recovery.end())
}

/** No room to flush: the logs stay, synced; a store that did not end its recovery has none of its own. */
async function proveWithLogs(store: ClosingStore, lock: DirectoryLock, cause: unknown): Promise<void> {
  const { pipeline, health, logs } = store
  if (pipeline.writtenSequence < pipeline.publishedSequence) throw cause
  if (health.state !== 'open' || store.maintenance.isRecovering) return
  logs.forgetMarks()
  await store.syncer.sync()
  await store.obsolete.close()
  const ends = logs.logs.map((log) => ({ number: log.number, length: log.file.position }))
  if (logs.logs.some((log) => !log.file.isWhole)) return
  await prove(store, lock, ends).catch((error: unknown) => {
    if (!isDiskFull(error)) throw error
  })
}

/** Only when nothing is left in the files that the proof does not speak of. */
async function prove(store: ClosingStore, lock: DirectoryLock, logs: CloseProof['logs']): Promise<void> {
  const { manifest } = store
  await manifest.idle()
  if (store.health.state === 'failed' || !manifest.isWhole) return
  await lock.verify()
  await writeCloseProof(store.fs, store.path, {
    manifestNumber: manifest.number,
    manifestLength: manifest.sizeBytes,
    logs,
    lastSequence: store.pipeline.nextSequence - 1,
  })
}
