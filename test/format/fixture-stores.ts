/**
 * The stores that are kept as fixtures: what each was told, and how its life ended. A release adds fixtures in a
 * folder of its own format number and never changes those that are there: `npm run fixtures` writes them.
 */
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { settle } from '../crash/settling.ts'

export interface FixtureStore {
  readonly name: string
  readonly compaction: 'leveled' | 'size-tiered'
  readonly compression: 'lz4' | 'none'
  readonly death: 'closed' | 'killed'
}

export const fixtureStores: readonly FixtureStore[] = [
  { name: 'leveled-closed', compaction: 'leveled', compression: 'none', death: 'closed' },
  { name: 'leveled-killed', compaction: 'leveled', compression: 'none', death: 'killed' },
  { name: 'size-tiered-closed', compaction: 'size-tiered', compression: 'none', death: 'closed' },
  { name: 'size-tiered-killed', compaction: 'size-tiered', compression: 'none', death: 'killed' },
  { name: 'leveled-lz4-closed', compaction: 'leveled', compression: 'lz4', death: 'closed' },
  { name: 'size-tiered-lz4-killed', compaction: 'size-tiered', compression: 'lz4', death: 'killed' },
]

/** Where the store lies in its memory. */
export const fixturePath = '/store'

const path = fixturePath
const encoder = new TextEncoder()
/** Entries as hexadecimal, so that JSON can hold them. */
export type FixtureContent = Record<string, string>

export interface MadeFixture {
  readonly disk: MemoryFileSystem
  readonly content: FixtureContent
}

/** Lives the life of a fixture in memory; the same bytes each time, as long as nothing about the format changes. */
export async function makeFixture({ compaction, compression, death }: FixtureStore): Promise<MadeFixture> {
  const disk = new MemoryFileSystem()
  const time = new VirtualTime(new SeededRandom(7))
  const ids = [0x5eed_1e55, 0xc0ff_ee42]
  const store = await settle(
    LogStructuredStore.open(path, {
      keyEncoding: 'bytes',
      valueEncoding: 'bytes',
      compaction,
      compression,
      memoryBudgetBytes: 16 * 1024 * 1024,
      tuning: {
        arenaSizeBytes: 64 * 1024,
        blockSizeBytes: 256,
        level0RunCount: 2,
        tierRunCount: 2,
        level1SizeBytes: 8192,
      },
      fileSystem: disk,
      clock: time,
      scheduler: time,
      random: () => ids.shift() ?? 0,
    }),
    time,
    'open()',
  )
  const content = new Map<string, Uint8Array>()
  const put = (key: Uint8Array, value: Uint8Array): void => {
    store.putSync(key, value, { durability: 'disk' })
    content.set(hexOf(key), value)
  }
  const remove = (key: Uint8Array): void => {
    store.deleteSync(key, { durability: 'disk' })
    content.delete(hexOf(key))
  }
  const keyOf = (i: number): Uint8Array => encoder.encode(`key ${String(i).padStart(3, '0')}`)
  put(new Uint8Array(0), encoder.encode('the empty key'))
  put(
    Uint8Array.of(0xff, 0x00, 0x80),
    Uint8Array.from({ length: 256 }, (_, i) => i),
  )
  put(encoder.encode('empty value'), new Uint8Array(0))
  put(encoder.encode('large'), new Uint8Array(6000).fill(0x6c))
  for (let i = 0; i < 60; i++) put(keyOf(i), encoder.encode(`first ${i}`))
  await settle(store.flush(), time, 'flush()')
  // A snapshot keeps old versions and what was deleted.
  const snapshot = store.snapshot()
  for (let i = 0; i < 60; i += 3) remove(keyOf(i))
  for (let i = 1; i < 60; i += 3) put(keyOf(i), encoder.encode(`second ${i}, é`))
  await settle(store.flush(), time, 'flush()')
  for (let i = 60; i < 90; i++) put(keyOf(i), encoder.encode(`third ${i}`))
  remove(keyOf(2))
  await settle(store.flush(), time, 'flush()')
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
  store.batchSync([
    { type: 'put', key: keyOf(5), value: encoder.encode('in a batch') },
    { type: 'delete', key: keyOf(61) },
  ])
  content.set(hexOf(keyOf(5)), encoder.encode('in a batch'))
  content.delete(hexOf(keyOf(61)))
  put(encoder.encode('last'), encoder.encode('in the log'))
  const killed = disk.killed()
  snapshot.close()
  await settle(store.close(), time, 'close()')
  time.stop()
  const entries = [...content].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, hexOf(value)])
  return { disk: death === 'killed' ? killed : disk, content: Object.fromEntries(entries) }
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
