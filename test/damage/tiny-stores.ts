/**
 * Stores of at most 4 KB, files and all, with deletions and old values in them, so that each of their bits can be
 * flipped in turn: one closed in order, two killed, one closed while there was no room to flush its logs, and one whose
 * blocks are compressed.
 */
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { type Change, CommitHistory } from '../crash/commit-history.ts'
import { settle } from '../crash/settling.ts'
import { contentOf } from '../crash/small-stores.ts'
import { operationOf } from '../crash/tested-store.ts'
import { openSmallDamaged } from './damaged-life.ts'
import type { SoundStore } from './sound-stores.ts'

const first: readonly (readonly Change[])[] = [
  [
    { key: 'apple', value: 'red' },
    { key: 'banana', value: 'yellow' },
  ],
  [{ key: 'cherry', value: 'dark red' }],
  [{ key: 'apple', value: undefined }],
]
const second: readonly (readonly Change[])[] = [
  [{ key: 'banana', value: 'brown' }],
  [
    { key: 'damson', value: 'blue' },
    { key: 'cherry', value: undefined },
  ],
]
const third: readonly (readonly Change[])[] = [
  [{ key: 'elder', value: 'black' }],
  [{ key: 'damson', value: 'violet' }],
]

class TinyLife {
  readonly disk = new MemoryFileSystem()
  readonly time = new VirtualTime(new SeededRandom(1))
  readonly history = new CommitHistory()

  open(): Promise<LogStructuredStore> {
    return settle(openSmallDamaged(this.disk, this.time), this.time, 'open()')
  }

  write(store: LogStructuredStore, commits: readonly (readonly Change[])[]): void {
    for (const changes of commits) {
      this.history.begin(changes, 'os')
      store.batchSync(changes.map(operationOf))
    }
  }

  /** Until all is synced, and a mark says so. */
  async syncAndMark(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      this.time.pass(1_100)
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async end(
    store: LogStructuredStore,
    name: string,
    death: 'closed' | 'killed' | 'closed without room',
  ): Promise<SoundStore> {
    const content = await contentOf(store)
    const killed = this.disk.killed()
    if (death === 'closed without room') this.disk.capacityBytes = this.disk.usedBytes + 200
    await settle(store.close(), this.time, 'close()')
    this.disk.capacityBytes = Number.POSITIVE_INFINITY
    this.time.stop()
    const disk = death === 'killed' ? killed : this.disk
    return { name, disk, history: this.history, content, isProven: death !== 'killed' }
  }
}

/** One segment, with deletions and with the old versions that a snapshot kept. */
export async function tinyClosedStore(): Promise<SoundStore> {
  const life = new TinyLife()
  const store = await life.open()
  life.write(store, first)
  const snapshot = store.snapshot()
  life.write(store, second)
  await settle(store.flush(), life.time, 'flush()')
  snapshot.close()
  return life.end(store, 'a tiny closed store', 'closed')
}

/** A segment, and a log of which the first part is proven to be synced. */
export async function tinyKilledStore(): Promise<SoundStore> {
  const life = new TinyLife()
  const store = await life.open()
  life.write(store, first)
  await settle(store.flush(), life.time, 'flush()')
  life.write(store, second)
  await life.syncAndMark()
  life.write(store, third)
  return life.end(store, 'a tiny killed store', 'killed')
}

/** Killed when everything was in segments, and their logs were removed. */
export async function tinyFlushedStore(): Promise<SoundStore> {
  const life = new TinyLife()
  const store = await life.open()
  for (const commits of [first, second, third]) {
    life.write(store, commits)
    await settle(store.flush(), life.time, 'flush()')
    await life.syncAndMark()
  }
  return life.end(store, 'a tiny flushed store', 'killed')
}

/** The proof of the close speaks of a log. */
export async function tinyStoreWithoutRoom(): Promise<SoundStore> {
  const life = new TinyLife()
  const store = await life.open()
  life.write(store, [...first, ...second])
  await life.syncAndMark()
  return life.end(store, 'a tiny store closed without room', 'closed without room')
}

/** One segment on a deeper level, with a compressed columnar block and a compressed large one. */
export async function tinyCompressedStore(): Promise<SoundStore> {
  const life = new TinyLife()
  const store = await life.open()
  const colours = ['red ', 'dark blue ', 'violet ']
  for (let round = 0; round < 2; round++) {
    const changes = colours.map((colour, i) => ({ key: `key ${i}`, value: `${round} ${colour.repeat(9)}` }))
    life.write(store, [changes, [{ key: 'large', value: `${round}`.repeat(900) }]])
    await settle(store.flush(), life.time, 'flush()')
  }
  await settle(store.compact(), life.time, 'compact()')
  return life.end(store, 'a tiny compressed store', 'closed')
}
