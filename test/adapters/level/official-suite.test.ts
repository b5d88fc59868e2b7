import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { VarveLevel } from '../../../src/adapters/level/varve-level.ts'
import type { File, FileSystem } from '../../../src/fs/file-system.ts'
import { nodeFileSystem } from '../../../src/fs/node-file-system.ts'
import { InMemoryStore } from '../../../src/store/in-memory-store.ts'
import { runOfficialSuite } from './official-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-level-suite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** More than this many assertions make up the suite, whatever a database supports. */
const assertionCountMin = 5_100

/** The real file system, which need not wait for the disk here: nothing in the suite asks what a crash leaves. */
const unsyncedFileSystem: FileSystem = {
  ...nodeFileSystem,
  open: async (path, mode) => unsynced(await nodeFileSystem.open(path, mode)),
  openSync: (path, mode) => unsynced(nodeFileSystem.openSync(path, mode)),
  syncDirectory: async () => {},
  syncDirectorySync: () => {},
}

function unsynced(file: File): File {
  return Object.assign(file, { sync: async () => {}, syncSync: () => {} })
}

/** With little memory, because the suite leaves hundreds of databases open. Hooks must not see that. */
class SmallLevel extends VarveLevel {
  protected override _open(options: object): Promise<void> {
    return super._open({ ...options, writeBufferSize: 64 * 1024, fileSystem: unsyncedFileSystem })
  }
}

test('abstract-level’s own suite passes whole on the store on disk', { timeout: 600_000 }, async () => {
  const databases: SmallLevel[] = []
  const report = await runOfficialSuite((options) => {
    const database = new SmallLevel(join(folder, `db-${databases.length}`), options)
    databases.push(database)
    return database
  })
  expect(report.failures).toEqual([])
  expect(report.skippedCount).toBe(0)
  expect(report.passedCount).toBeGreaterThan(assertionCountMin)
  // Some tests end with a database whose state they have locked on purpose.
  const closings = await Promise.allSettled(databases.map((database) => database.close()))
  const refusals = closings.filter((closing) => closing.status === 'rejected').map(({ reason }) => reason)
  const isLocked = ({ code }: { code?: string } = {}): boolean => code === 'LEVEL_STATUS_LOCKED'
  expect(refusals.filter((refusal) => !isLocked(refusal) && !isLocked(refusal.cause))).toEqual([])
})

test('abstract-level’s own suite passes whole over a store in memory', { timeout: 600_000 }, async () => {
  const report = await runOfficialSuite((options) => {
    const store = InMemoryStore.open({ keyEncoding: 'bytes', valueEncoding: 'bytes' })
    return new VarveLevel(store, options)
  })
  expect(report.failures).toEqual([])
  expect(report.skippedCount).toBe(0)
  expect(report.passedCount).toBeGreaterThan(assertionCountMin)
})
