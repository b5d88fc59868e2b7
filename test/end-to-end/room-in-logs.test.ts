/** Stores that write durably have zeros ahead in their logs. Nobody notices, and others have none. */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { withoutRoom } from '../../src/log/log-room.ts'
import { inspectFile } from '../../src/store/inspect-file.ts'
import type { Durability } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const count = 1_500
const value = 'x'.repeat(200)

function keyOf(i: number): string {
  return String(i).padStart(6, '0')
}

async function writeMany(folder: string, durability: Durability): Promise<LogStructuredStore> {
  const store = await LogStructuredStore.open(folder, { durability, maintenance: 'inline' })
  for (let i = 0; i < count; i += 3) {
    await store.put(keyOf(i), value)
    store.putSync(keyOf(i + 1), value)
    await store.put(keyOf(i + 2), value)
  }
  return store
}

async function expectAll(store: LogStructuredStore): Promise<void> {
  const entries = await store.entries().nextMany(2 * count)
  expect(entries).toEqual(Array.from({ length: count }, (_, i) => [keyOf(i), value]))
}

/** Of each log its length, and how much of that is room. */
function logsIn(folder: string): { path: string; length: number; room: number }[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'))
  return names.sort().map((name) => {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    const log = withoutRoom({ number: 0, path, bytes, isNamed: true, provenLength: undefined })
    return { path, length: bytes.length, room: bytes.length - log.bytes.length }
  })
}

/** The folder as a kill would leave it. */
function copyOf(folder: string): string {
  const copy = temporaryFolder()
  cpSync(folder, copy, { recursive: true, filter: (path) => !/lock/i.test(path.slice(folder.length)) })
  return copy
}

/** What a logger is warned of. */
class Warnings {
  readonly messages: unknown[] = []
  debug(): void {}
  info(): void {}
  warn(...told: unknown[]): void {
    this.messages.push(told)
  }
  error(...told: unknown[]): void {
    this.messages.push(told)
  }
}

test('what a kill leaves of durable writes opens with all of them, and without a warning', async () => {
  const folder = temporaryFolder()
  const store = await writeMany(folder, 'disk')
  const [log] = logsIn(folder)
  expect(log?.room).toBeGreaterThan(0)
  // It was used up more than once.
  expect(log?.length).toBeGreaterThan(2 * 128 * 1024)
  const sizes = logsIn(folder).map(({ length }) => length)
  expect(store.status().disk.logBytes).toBe(sizes[0])
  const copy = copyOf(folder)
  const logger = new Warnings()
  const recovered = await LogStructuredStore.open(copy, { logger })
  await expectAll(recovered)
  expect(await recovered.check()).toMatchObject({ ok: true })
  await recovered.close()
  expect(logger.messages).toEqual([])
  await store.close()
})

test('an inspection shows the room as what it is', async () => {
  const folder = temporaryFolder()
  const store = await writeMany(folder, 'disk')
  const [log] = logsIn(folder)
  const { parts, properties } = await inspectFile(log?.path ?? '')
  expect(parts.at(-1)).toMatchObject({ kind: 'room', length: log?.room, details: {} })
  expect(parts.filter(({ kind }) => kind === 'damaged')).toEqual([])
  expect(properties).toMatchObject({ sizeBytes: log?.length, intactBytes: log?.length })
  await store.close()
})

test('a store that is closed after durable writes opens, and is whole', async () => {
  const folder = temporaryFolder()
  await (await writeMany(folder, 'disk')).close()
  const logger = new Warnings()
  const store = await LogStructuredStore.open(folder, { logger })
  await expectAll(store)
  expect(await store.check()).toMatchObject({ ok: true, problems: [] })
  await store.close()
  expect(logger.messages).toEqual([])
})

test('so is one whose log had to stay, because there was no room on the disk to flush it', async () => {
  const disk = new MemoryFileSystem()
  const options = { fileSystem: disk, durability: 'disk' } as const
  const store = await LogStructuredStore.open('/store', options)
  for (let i = 0; i < 9; i++) await store.put(keyOf(i), value)
  disk.capacityBytes = disk.usedBytes + 200
  await store.close()
  disk.capacityBytes = Number.POSITIVE_INFINITY
  const { parts } = await inspectFile('/store/000002.log', disk)
  const room = parts.at(-1)
  expect(room?.kind).toBe('room')
  const damaged = disk.killed()
  damaged.openSync('/store/000002.log', 'update').writeSync(Uint8Array.of(1), (room?.offset ?? 0) + 999)
  await expect(LogStructuredStore.open('/store', { fileSystem: damaged })).rejects.toMatchObject({
    path: '/store/000002.log',
    offset: room?.offset,
  })
  const again = await LogStructuredStore.open('/store', options)
  expect(await again.keys().nextMany(20)).toHaveLength(9)
  expect(await again.check()).toMatchObject({ ok: true })
  await again.close()
})

test.each(['os', 'memory'] as const)('no room is made for writes of durability %s', async (durability) => {
  const folder = temporaryFolder()
  const store = await writeMany(folder, durability)
  await store.flush()
  for (let i = 0; i < count; i++) void store.put(keyOf(i), value)
  await store.put('last', 'x', { durability: 'os' })
  for (const { room } of logsIn(folder)) expect(room).toBe(0)
  await store.close()
})

test('nor for a durable write that is alone in its log, nor for large ones', async () => {
  const folder = temporaryFolder()
  const store = await LogStructuredStore.open(folder, { durability: 'disk', maintenance: 'inline' })
  await store.put('first', value)
  for (let i = 0; i < 4; i++) await store.put('large', 'x'.repeat(40_000))
  for (const { room } of logsIn(folder)) expect(room).toBe(0)
  await store.put('small', value)
  expect(logsIn(folder)[0]?.room).toBeGreaterThan(100_000)
  await store.close()
})
