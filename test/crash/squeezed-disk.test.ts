/**
 * Random lives on a disk that fills up and gets room again all the time, with deaths in between. `VARVE_SEED`
 * repeats a run, `VARVE_SQUEEZES` makes more of them.
 */
import { expect, test } from 'vitest'
import { DiskFullError, StoreError } from '../../src/errors.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { type Death, deaths, diskAfter } from '../../src/testing/laboratory/death.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { type MarkedWrite, MarkedWrites } from './marked-writes.ts'
import { failWithSeed, runSeed } from './seeds.ts'
import { settle } from './settling.ts'
import { contentOf, openSmallStore } from './small-stores.ts'

const runCount = Number(process.env.VARVE_SQUEEZES ?? 24)
const moveCount = 70
const counts = { refused: 0, resumed: 0, states: 0, openedFull: 0 }

interface State {
  readonly disk: MemoryFileSystem
  readonly writes: MarkedWrites
  readonly death: Death
}

class SqueezedLife {
  readonly #random: SeededRandom
  readonly #time: VirtualTime
  readonly #isSlow: boolean
  readonly #writes = new MarkedWrites()
  readonly #states: State[] = []
  #disk: MemoryFileSystem
  #store: LogStructuredStore | undefined

  constructor(seed: number, isSlow: boolean) {
    this.#random = new SeededRandom(seed)
    this.#time = new VirtualTime(new SeededRandom(seed))
    this.#isSlow = isSlow
    this.#disk = new MemoryFileSystem({
      onOperation: ({ name }) => {
        if (name !== 'read' && this.#store !== undefined && this.#random.chance(0.04)) this.#note()
      },
    })
  }

  async live(): Promise<void> {
    await this.#open()
    for (let move = 0; move < moveCount; move++) await this.#move()
    this.#disk.capacityBytes = Infinity
    await settle(this.#writes.settled(), this.#time, 'a write')
    await settle(this.#opened.close(), this.#time, 'close()')
    this.#time.stop()
    for (const state of this.#states) await this.#check(state)
    await this.#check({ disk: this.#disk, writes: this.#writes, death: 'killed' })
  }

  get #opened(): LogStructuredStore {
    if (this.#store === undefined) throw new Error('the store is not open')
    return this.#store
  }

  async #open(): Promise<void> {
    const pauses = new SeededRandom(this.#random.upTo(2 ** 31))
    const fs = this.#isSlow ? new SlowFileSystem(this.#disk, pauses) : this.#disk
    this.#store = await settle(openSmallStore(fs, this.#time), this.#time, 'open()')
    this.#store.on('resumed', () => counts.resumed++)
    this.#store.on('full', () => {
      if (this.#store?.status().recovering) counts.openedFull++
    })
  }

  async #move(): Promise<void> {
    const random = this.#random
    const move = random.upTo(19)
    const durability = (['memory', 'os', 'disk'] as const)[random.upTo(2)] ?? 'os'
    const sizeBytes = random.chance(0.2) ? 9000 : 20 + random.upTo(2000)
    if (move < 8) void this.#writes.begin(this.#opened, durability, sizeBytes)
    else if (move < 10) this.#writes.beginSync(this.#opened, durability, sizeBytes)
    else if (move < 12) await settle(this.#writes.settled(), this.#time, 'a write')
    else if (move < 14) this.#disk.capacityBytes = this.#disk.usedBytes + random.upTo(24_000)
    else if (move < 16) this.#disk.capacityBytes = Infinity
    else if (move === 16) await this.#tolerate(this.#opened.flush(), 'flush()')
    else if (move === 17) await this.#reopen()
    else this.#time.pass(random.upTo(4000))
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** With room or without, in order. */
  async #reopen(): Promise<void> {
    await settle(this.#writes.settled(), this.#time, 'a write')
    const isInOrder = await this.#tolerate(this.#opened.close(), 'close()')
    this.#store = undefined
    // Told so, whoever closed it knows that these may be gone.
    if (!isInOrder) this.#writes.giveUpMemory()
    for (;;) {
      try {
        return await this.#open()
      } catch (error) {
        // Not even an empty store can be made without room.
        if (!(error instanceof StoreError) || this.#disk.capacityBytes === Infinity) throw error
        this.#disk.capacityBytes = Infinity
      }
    }
  }

  /** Whether it went well; that the disk is full is no wonder here. */
  async #tolerate(act: Promise<void>, what: string): Promise<boolean> {
    try {
      await settle(act, this.#time, what)
      return true
    } catch (error) {
      if (!(error instanceof DiskFullError)) throw error
      return false
    }
  }

  #note(): void {
    const death = deaths[this.#random.upTo(2)] as Death
    this.#states.push({
      disk: diskAfter(this.#disk, death, this.#random.upTo(2 ** 31)),
      writes: this.#writes.copy(),
      death,
    })
  }

  async #check({ disk, writes, death }: State): Promise<void> {
    counts.states++
    const isPromised = ({ outcome, durability }: MarkedWrite): boolean =>
      outcome === 'acknowledged' && (durability === 'disk' || (durability === 'os' && death === 'killed'))
    const lastAcknowledged = writes.all.map(({ outcome }) => outcome).lastIndexOf('acknowledged')
    const refused = new Set(
      writes.all.filter(
        ({ outcome, error }, index) =>
          outcome === 'rejected' && error instanceof DiskFullError && index < lastAcknowledged,
      ),
    )
    const time = new VirtualTime(new SeededRandom(1))
    const store = await settle(openSmallStore(disk, time), time, 'open()')
    const complaint = writes.complaintAbout(await contentOf(store), isPromised, (write) => refused.has(write))
    if (complaint !== undefined) throw new Error(`${death}: ${complaint}`)
    await settle(store.close(), time, 'close()')
    time.stop()
  }

  countRefused(): void {
    for (const { outcome, error } of this.#writes.all) {
      if (outcome !== 'rejected' || error === undefined) continue
      if (!(error instanceof StoreError)) throw error
      counts.refused++
    }
  }
}

for (const isSlow of [false, true]) {
  test(`a squeezed disk${isSlow ? ', slow,' : ''} costs no acknowledged write and brings no refused one back`, async () => {
    for (let run = 0; run < runCount; run++) {
      const life = new SqueezedLife(runSeed + run * 104_729, isSlow)
      try {
        await life.live()
        life.countRefused()
      } catch (error) {
        failWithSeed(error, `run ${run}${isSlow ? ', slow' : ''}`)
      }
    }
  })
}

test('and it really was squeezed', () => {
  console.log(`VARVE_SEED=${runSeed}`, counts)
  expect(counts.refused).toBeGreaterThan(20)
  expect(counts.resumed).toBeGreaterThan(5)
  expect(counts.states).toBeGreaterThan(200)
})
