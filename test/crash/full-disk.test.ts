/**
 * Disks that fill up and get room again, by every number of bytes: what was refused is never there, what was
 * acknowledged always is, and writing goes on in the same process.
 */
import { describe, expect, test } from 'vitest'
import { DiskFullError } from '../../src/errors.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { namesOf } from './files-of-store.ts'
import { type MarkedWrite, MarkedWrites } from './marked-writes.ts'
import { settle } from './settling.ts'
import { contentOf, openSmallStore } from './small-stores.ts'

const KiB = 1024
const fullCounts = { refusals: 0, resumptions: 0, openedFull: 0 }

const isAcknowledged = ({ outcome }: MarkedWrite): boolean => outcome === 'acknowledged'
const isRefused = ({ outcome }: MarkedWrite): boolean => outcome === 'rejected'

class FullDisk {
  readonly disk: MemoryFileSystem
  readonly time: VirtualTime
  readonly writes = new MarkedWrites()
  readonly #isSlow: boolean
  readonly #seed: number

  constructor(seed: number, isSlow: boolean, disk: MemoryFileSystem = new MemoryFileSystem()) {
    this.disk = disk
    this.time = new VirtualTime(new SeededRandom(seed))
    this.#isSlow = isSlow
    this.#seed = seed
  }

  open(): Promise<LogStructuredStore> {
    const fs = this.#isSlow ? new SlowFileSystem(this.disk, new SeededRandom(this.#seed)) : this.disk
    return settle(openSmallStore(fs, this.time), this.time, 'open()')
  }

  settle<T>(promise: Promise<T>, what: string): Promise<T> {
    return settle(promise, this.time, what)
  }

  /** Writes of all kinds; about `writeCount` of them. */
  async write(store: LogStructuredStore, writeCount: number): Promise<void> {
    const durabilities = ['os', 'memory', 'os', 'disk'] as const
    for (let i = 0; i < writeCount; i++) {
      const durability = durabilities[i % 4] ?? 'os'
      if (i % 9 === 8) this.writes.beginSync(store, durability, 400)
      else void this.writes.begin(store, durability, i % 5 === 0 ? 5000 : 300)
      if (i % 6 === 5) await this.settle(this.writes.settled(), 'a write')
    }
    await this.settle(this.writes.settled(), 'a write')
  }

  /** Reads are what was acknowledged, and nothing that was refused. */
  async check(store: LogStructuredStore, when: string): Promise<void> {
    const complaint = this.writes.complaintAbout(await contentOf(store), isAcknowledged, isRefused)
    if (complaint !== undefined) throw new Error(`${when}: ${complaint}`)
  }

  /** What the next process would find if this one were killed. */
  async checkAfterKill(when: string, mayHoldRefused: boolean): Promise<void> {
    const left = new FullDisk(1, false, this.disk.killed())
    const store = await left.open()
    const complaint = this.writes.complaintAbout(
      await contentOf(store),
      (write) => isAcknowledged(write) && write.durability !== 'memory',
      (write) => isRefused(write) && !mayHoldRefused,
    )
    if (complaint !== undefined) throw new Error(`${when}: ${complaint}`)
    await left.settle(store.close(), 'close()')
    left.time.stop()
  }

  /** Goes on writing until the store takes writes again. */
  async resume(store: LogStructuredStore): Promise<void> {
    for (let attempt = 0; attempt < 40; attempt++) {
      this.time.pass(2_000)
      const { outcome, error } = await this.#attempt(store)
      if (outcome === 'acknowledged') return
      expect(error).toBeInstanceOf(DiskFullError)
      for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    throw new Error('the store does not resume')
  }

  async #attempt(store: LogStructuredStore): Promise<MarkedWrite> {
    await this.settle(this.writes.begin(store, 'disk', 30), 'a write')
    return this.writes.all.at(-1) as MarkedWrite
  }
}

/** What a life without a limit takes, for the choice of limits. */
const roomForAll = 260 * KiB

describe('a disk that fills up', () => {
  for (const isSlow of [false, true]) {
    test(`at any size${isSlow ? ', slow' : ''}: reads go on, writing resumes when there is room`, async () => {
      for (let capacityBytes = 300; capacityBytes < roomForAll; capacityBytes += isSlow ? 7_919 : 2_741) {
        const full = new FullDisk(capacityBytes, isSlow)
        const store = await full.open()
        full.disk.capacityBytes = capacityBytes
        store.on('resumed', () => fullCounts.resumptions++)
        try {
          await liveThroughIt(full, store)
        } catch (cause) {
          throw new Error(`capacity ${capacityBytes}`, { cause })
        }
      }
    })
  }

  test('while only flushes and compactions need room refuses nothing, and catches up', async () => {
    for (let spareBytes = 0; spareBytes < 40 * KiB; spareBytes += 3_001) {
      const full = new FullDisk(1, false)
      const store = await full.open()
      await full.write(store, 30)
      full.disk.capacityBytes = full.disk.usedBytes + spareBytes
      const failure = await full.settle(failureOf(store.flush()), 'flush()')
      if (failure !== undefined) expect(failure).toBeInstanceOf(DiskFullError)
      await full.check(store, 'full')
      full.disk.capacityBytes = Infinity
      await full.resume(store)
      await full.settle(store.flush(), 'flush()')
      await full.settle(store.compact(), 'compact()')
      await full.check(store, 'with room')
      await full.settle(store.close(), 'close()')
      full.time.stop()
    }
  })

  test('leaves no files behind that nothing needs', async () => {
    const full = new FullDisk(1, false)
    const store = await full.open()
    await full.write(store, 40)
    full.disk.capacityBytes = full.disk.usedBytes + 9 * KiB
    await full.write(store, 40)
    for (let attempt = 0; attempt < 20; attempt++) {
      full.time.pass(3_000)
      await full.write(store, 2)
      for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    const named = store.status().disk
    const segments = (await namesOf(full.disk)).filter((name) => name.endsWith('.seg'))
    expect(segments.length).toBeLessThanOrEqual(named.segmentCount)
    full.disk.capacityBytes = Infinity
    await full.resume(store)
    await full.settle(store.flush(), 'flush()')
    full.time.pass(6_000)
    for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve))
    const { segmentCount, logCount } = store.status().disk
    const names = await namesOf(full.disk)
    expect(names.filter((name) => name.endsWith('.seg'))).toHaveLength(segmentCount)
    expect(names.filter((name) => name.endsWith('.log')).length).toBeLessThanOrEqual(logCount + 1)
    expect(names.filter((name) => name.startsWith('MANIFEST'))).toHaveLength(1)
    await full.settle(store.close(), 'close()')
    full.time.stop()
  })
})

async function liveThroughIt(full: FullDisk, store: LogStructuredStore): Promise<void> {
  const { writes } = full
  await full.write(store, 60)
  const refused = writes.all.filter(isRefused)
  for (const { error } of refused) expect(error).toBeInstanceOf(DiskFullError)
  await full.check(store, 'full')
  await full.checkAfterKill('killed while it is full', true)
  const isFull = store.status().state === 'full'
  if (isFull) {
    fullCounts.refusals += refused.length
    expect(refused.length).toBeGreaterThan(0)
    // At once, and with the same cause as long as nothing changes.
    const error = await full.settle(failureOf(store.put('late', 'x')), 'put()')
    expect(error).toBeInstanceOf(DiskFullError)
    expect(() => store.putSync('late', 'x')).toThrow(DiskFullError)
    expect(store.status().error).toMatch(/full/)
  }
  full.disk.capacityBytes = Infinity
  if (isFull) await full.resume(store)
  expect(store.status()).toMatchObject({ state: 'open', error: undefined })
  await full.check(store, 'with room again')
  await full.checkAfterKill('killed after it resumed', false)
  await full.write(store, 20)
  await full.check(store, 'later')
  await full.settle(store.close(), 'close()')
  const again = new FullDisk(1, false, full.disk)
  const reopened = await again.open()
  const complaint = writes.complaintAbout(await contentOf(reopened), isAcknowledged, isRefused)
  if (complaint !== undefined) throw new Error(`reopened: ${complaint}`)
  await again.settle(reopened.close(), 'close()')
  full.time.stop()
  again.time.stop()
}

describe('a store that is opened on a full disk', () => {
  test('after a kill serves reads, refuses writes, and resumes when there is room', async () => {
    for (let spareBytes = 0; spareBytes < 60 * KiB; spareBytes += 1_733) {
      const before = new FullDisk(1, false)
      const store = await before.open()
      await before.write(store, 50)
      const left = before.disk.killed()
      left.capacityBytes = left.usedBytes + spareBytes
      await before.settle(store.close(), 'close()')
      const full = new FullDisk(spareBytes, spareBytes % 2 === 1, left)
      try {
        await openedFull(full, before.writes)
      } catch (cause) {
        throw new Error(`${spareBytes} bytes to spare`, { cause })
      }
      before.time.stop()
      full.time.stop()
    }
  })

  test('keeps what it recovered when it is closed without ever having had room', async () => {
    for (const spareBytes of [0, 200, 3_000, 20_000]) {
      const before = new FullDisk(1, false)
      const store = await before.open()
      await before.write(store, 50)
      let left = before.disk.killed()
      await before.settle(store.close(), 'close()')
      for (let life = 0; life < 3; life++) {
        left.capacityBytes = left.usedBytes + spareBytes
        const full = new FullDisk(life, false, left)
        const opened = await full.open()
        await full.settle(failureOf(opened.close()), 'close()')
        full.time.stop()
        left = left.killed()
      }
      const last = new FullDisk(1, false, left)
      const opened = await last.open()
      const complaint = before.writes.complaintAbout(
        await contentOf(opened),
        (write) => isAcknowledged(write) && write.durability !== 'memory',
      )
      expect(complaint).toBeUndefined()
      await last.settle(opened.close(), 'close()')
      last.time.stop()
    }
  })
})

async function openedFull(full: FullDisk, writes: MarkedWrites): Promise<void> {
  const isThere = (write: MarkedWrite): boolean => isAcknowledged(write) && write.durability !== 'memory'
  const store = await full.open()
  const found = await contentOf(store)
  expect(writes.complaintAbout(found, isThere)).toBeUndefined()
  for (let turn = 0; turn < 1_000 && store.status().recovering && store.status().state === 'open'; turn++)
    await new Promise((resolve) => setImmediate(resolve))
  if (store.status().state === 'full') {
    fullCounts.openedFull++
    expect(await full.settle(failureOf(store.put('late', 'x')), 'put()')).toBeInstanceOf(DiskFullError)
    expect(await contentOf(store)).toEqual(found)
  }
  const leftFull = full.disk.killed()
  full.disk.capacityBytes = Infinity
  await full.resume(store)
  await full.settle(store.flush(), 'flush()')
  full.time.pass(6_000)
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
  const logs = (await namesOf(full.disk)).filter((name) => name.endsWith('.log'))
  expect(logs.length).toBeLessThanOrEqual(store.status().disk.logCount + 1)
  await full.settle(store.close(), 'close()')
  for (const disk of [leftFull, full.disk]) {
    const again = new FullDisk(1, false, disk)
    const reopened = await again.open()
    const content = (await contentOf(reopened)).filter(([key]) => key !== 'mark-0000' || disk === leftFull)
    expect(content.length).toBeGreaterThanOrEqual(found.length - 1)
    await again.settle(reopened.close(), 'close()')
    again.time.stop()
  }
}

test('the disks really were full', () => {
  console.log(fullCounts)
  expect(fullCounts.refusals).toBeGreaterThan(100)
  expect(fullCounts.resumptions).toBeGreaterThan(20)
  expect(fullCounts.openedFull).toBeGreaterThan(5)
})

async function failureOf(promise: Promise<unknown>): Promise<Error | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    return error as Error
  }
}
