/**
 * Lets every k-th operation of an opening and of a closing fail. A store that does not open leaves everything as
 * it was, and its lock free; one that does not close says so, and nothing that it had acknowledged is lost.
 */
import { describe, expect, test } from 'vitest'
import { DiskFullError, StoreError } from '../../src/errors.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { FaultPlan } from '../../src/testing/laboratory/fault-plan.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { type MarkedWrite, MarkedWrites } from './marked-writes.ts'
import { settle } from './settling.ts'
import { contentOf, openSmallStore } from './small-stores.ts'

const faults = (['EIO', 'ENOSPC', 'EMFILE'] as const).flatMap((code) =>
  [false, true].map((isLasting) => ({ code, isLasting })),
)
const isAcknowledged = ({ outcome }: MarkedWrite): boolean => outcome === 'acknowledged'
const survivesKill = (write: MarkedWrite): boolean => isAcknowledged(write) && write.durability !== 'memory'

class Ends {
  readonly time = new VirtualTime(new SeededRandom(1))
  readonly writes = new MarkedWrites()

  open(disk: MemoryFileSystem): Promise<LogStructuredStore> {
    return settle(openSmallStore(disk, this.time), this.time, 'open()')
  }

  close(store: LogStructuredStore): Promise<void> {
    return settle(store.close(), this.time, 'close()')
  }

  async write(store: LogStructuredStore): Promise<void> {
    for (let i = 0; i < 16; i++) void this.writes.begin(store, i % 3 === 0 ? 'memory' : 'os', 3000)
    await settle(this.writes.settled(), this.time, 'a write')
    await settle(store.flush(), this.time, 'flush()')
    for (let i = 0; i < 30; i++) void this.writes.begin(store, i % 3 === 0 ? 'disk' : 'os', 3000)
    for (let i = 0; i < 3; i++) void this.writes.begin(store, 'memory', 100)
    await settle(this.writes.settled(), this.time, 'a write')
  }

  async check(disk: MemoryFileSystem, mustBeThere: (write: MarkedWrite) => boolean): Promise<void> {
    const store = await this.open(disk)
    const complaint = this.writes.complaintAbout(await contentOf(store), mustBeThere)
    if (complaint !== undefined) throw new Error(complaint)
    await this.close(store)
  }
}

async function outcomeOf<T>(promise: Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await promise }
  } catch (error) {
    return { error }
  }
}

describe('an opening of which an operation fails', () => {
  for (const isKilled of [true, false]) {
    test(`of a ${isKilled ? 'killed' : 'closed'} store leaves it as it was, or opens it`, async () => {
      const ends = new Ends()
      const made = new MemoryFileSystem()
      const first = await ends.open(made)
      await ends.write(first)
      let before = made.killed()
      await ends.close(first)
      if (!isKilled) before = made
      const counts = { refused: 0, opened: 0 }
      for (const { code, isLasting } of faults) {
        for (let at = 0; ; at++) {
          const plan = new FaultPlan({ at, code, isLasting })
          const disk = before.killed({ onOperation: (operation) => plan.check(operation) })
          const { value: store, error } = await outcomeOf(ends.open(disk))
          if (error !== undefined && !(error instanceof StoreError)) throw error
          counts[store === undefined ? 'refused' : 'opened']++
          try {
            await ends.check(disk.killed(), isKilled ? survivesKill : isAcknowledged)
            plan.heal()
            if (store !== undefined) await ends.close(store)
            // The same disk, with the lock that was left.
            await ends.check(disk, isKilled ? survivesKill : isAcknowledged)
          } catch (cause) {
            const [operation] = plan.failed
            throw new Error(`${code}, ${isLasting}, at ${at}: ${operation?.name} ${operation?.path}`, {
              cause,
            })
          }
          if (plan.failed.length === 0) break
        }
      }
      console.log(`openings of a ${isKilled ? 'killed' : 'closed'} store:`, counts)
      expect(counts.refused).toBeGreaterThan(10)
      // What a clean close left needs nothing that may fail: only the last opening of each kind, in which nothing did.
      expect(counts.opened).toBeGreaterThanOrEqual(isKilled ? 2 * faults.length : faults.length)
      ends.time.stop()
    })
  }
})

test('a closing of which an operation fails says so, or leaves everything on the disk', async () => {
  const counts = { refused: 0, closed: 0 }
  for (const { code, isLasting } of faults) {
    for (let at = 0; ; at++) {
      const ends = new Ends()
      const plan = new FaultPlan({ at, code, isLasting })
      let isClosing = false
      const disk = new MemoryFileSystem({
        onOperation: (operation) => isClosing && plan.check(operation),
      })
      const store = await ends.open(disk)
      await ends.write(store)
      isClosing = true
      const { error } = await outcomeOf(ends.close(store))
      if (error !== undefined && !(error instanceof StoreError)) throw error
      counts[error === undefined ? 'closed' : 'refused']++
      isClosing = false
      try {
        await ends.check(disk.killed(), error === undefined ? isAcknowledged : survivesKill)
        await ends.check(disk, error === undefined ? isAcknowledged : survivesKill)
      } catch (cause) {
        const [operation] = plan.failed
        throw new Error(`${code}, ${isLasting}, at ${at}: ${operation?.name} ${operation?.path}`, { cause })
      }
      ends.time.stop()
      if (plan.failed.length === 0) break
    }
  }
  console.log('closings:', counts)
  expect(counts.refused).toBeGreaterThan(10)
})

describe('a store that is closed while the disk is full', () => {
  test('says so when that loses writes that only memory holds', async () => {
    const ends = new Ends()
    const disk = new MemoryFileSystem()
    const store = await ends.open(disk)
    await settle(ends.writes.begin(store, 'os', 100), ends.time, 'a write')
    await settle(ends.writes.begin(store, 'memory', 100), ends.time, 'a write')
    disk.capacityBytes = disk.usedBytes
    const { error } = await outcomeOf(ends.close(store))
    expect(error).toBeInstanceOf(DiskFullError)
    disk.capacityBytes = Infinity
    await ends.check(disk, survivesKill)
    ends.time.stop()
  })

  test('loses nothing that is in its logs, and proves their length', async () => {
    for (let spareBytes = 0; spareBytes < 3000; spareBytes += 97) {
      const ends = new Ends()
      const disk = new MemoryFileSystem()
      const store = await ends.open(disk)
      for (let i = 0; i < 5; i++) await settle(ends.writes.begin(store, 'os', 700), ends.time, 'a write')
      disk.capacityBytes = disk.usedBytes + spareBytes
      // A sync, and a mark that may find no room, or half of it.
      for (let i = 0; i < 3; i++) {
        ends.time.pass(1_100)
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
      await ends.close(store)
      await ends.check(disk.crashed({ seed: spareBytes + 1, profile: 'posix' }), isAcknowledged)
      disk.capacityBytes = Infinity
      await ends.check(disk, isAcknowledged)
      ends.time.stop()
    }
  })
})
