/** Stores to be damaged, with what is in them: closed in order, closed for want of room, and killed. */
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { Durability } from '../../src/store/key-value-store.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { type Change, CommitHistory, type Content } from '../crash/commit-history.ts'
import { settle } from '../crash/settling.ts'
import { contentOf, openSmallStore } from '../crash/small-stores.ts'
import { operationOf } from '../crash/tested-store.ts'

export interface SoundStore {
  readonly name: string
  readonly disk: MemoryFileSystem
  readonly history: CommitHistory
  /** What was in it at the end. */
  readonly content: Content
  /** Nothing may be missing: the close proof says so. */
  readonly isProven: boolean
}

class Maker {
  readonly disk = new MemoryFileSystem()
  readonly time: VirtualTime
  readonly history = new CommitHistory()
  #count = 0

  constructor(seed: number) {
    this.time = new VirtualTime(new SeededRandom(seed))
  }

  open(): Promise<LogStructuredStore> {
    return settle(openSmallStore(this.disk, this.time), this.time, 'open()')
  }

  async write(store: LogStructuredStore, commitCount: number, valueLength: number): Promise<void> {
    for (let i = 0; i < commitCount; i++) this.writeSync(store, valueLength)
    await new Promise((resolve) => setImmediate(resolve))
  }

  writeSync(store: LogStructuredStore, valueLength: number, durability: Durability = 'os'): void {
    const value = `${++this.#count}`.padEnd(valueLength, 'abcdefgh')
    const changes: Change[] = [0, 1, 2].map((j) => {
      const isDeletion = j === 2 && this.#count % 3 === 0
      return { key: `k${(this.#count * (j + 3)) % 47}`, value: isDeletion ? undefined : value }
    })
    this.history.begin(changes, durability)
    store.batchSync(changes.map(operationOf), { durability })
  }

  async syncAndMark(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      this.time.pass(1_100)
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  sound(name: string, disk: MemoryFileSystem, content: Content, isProven: boolean): SoundStore {
    this.time.stop()
    return { name, disk, history: this.history, content, isProven }
  }
}

export async function closedStore(seed = 1): Promise<SoundStore> {
  const maker = new Maker(seed)
  const store = await maker.open()
  await maker.write(store, 30, 120)
  await settle(store.flush(), maker.time, 'flush()')
  await maker.write(store, 20, 300)
  const content = await contentOf(store)
  await settle(store.close(), maker.time, 'close()')
  return maker.sound('a closed store', maker.disk, content, true)
}

/** With segments, logs that continue one another, synced up to some place, and something behind that. */
export async function killedStore(): Promise<SoundStore> {
  const maker = new Maker(2)
  const store = await maker.open()
  await maker.write(store, 10, 120)
  await settle(store.flush(), maker.time, 'flush()')
  await maker.write(store, 24, 800)
  await maker.syncAndMark()
  // Over into the next log, with no turn of the event loop in which the first one could be flushed.
  for (let i = 0; i < 8; i++) maker.writeSync(store, 1200)
  const disk = maker.disk.killed()
  const content = await contentOf(store)
  await settle(store.close(), maker.time, 'close()')
  return maker.sound('a killed store', disk, content, false)
}

/** With room behind the last record of each of two logs. */
export async function killedWithRoomInLogs(): Promise<SoundStore> {
  const maker = new Maker(4)
  const store = await maker.open()
  for (let i = 0; i < 24; i++) maker.writeSync(store, 600, 'disk')
  await maker.syncAndMark()
  for (let i = 0; i < 12; i++) maker.writeSync(store, 900, 'disk')
  const disk = maker.disk.killed()
  const content = await contentOf(store)
  await settle(store.close(), maker.time, 'close()')
  return maker.sound('a killed store with room in its logs', disk, content, false)
}

/** The proof speaks of a log that has room at its end. */
export async function closedWithRoomInLog(): Promise<SoundStore> {
  const maker = new Maker(5)
  const store = await maker.open()
  for (let i = 0; i < 12; i++) maker.writeSync(store, 200, 'disk')
  const content = await contentOf(store)
  maker.disk.capacityBytes = maker.disk.usedBytes + 200
  await settle(store.close(), maker.time, 'close()')
  maker.disk.capacityBytes = Infinity
  return maker.sound('a store closed without room, with some in its log', maker.disk, content, true)
}

/** Closed while there was no room to flush: the proof speaks of logs. */
export async function closedWithoutRoom(): Promise<SoundStore> {
  const maker = new Maker(3)
  const store = await maker.open()
  await maker.write(store, 12, 200)
  await maker.syncAndMark()
  const content = await contentOf(store)
  maker.disk.capacityBytes = maker.disk.usedBytes + 200
  await settle(store.close(), maker.time, 'close()')
  maker.disk.capacityBytes = Infinity
  return maker.sound('a store closed without room', maker.disk, content, true)
}
