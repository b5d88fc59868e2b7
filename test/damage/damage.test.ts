/**
 * Damages files of every kind, on closed and on killed stores. What comes of it is the truth or a CorruptionError
 * that names file and offset: never wrong data, nothing missing without a word, no hang. `VARVE_SEED` repeats a
 * run; `VARVE_DAMAGES` says how many damages there are in all.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { CorruptionError } from '../../src/errors.ts'
import { joinPath, parseFileName } from '../../src/fs/file-names.ts'
import type { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { decodeFileHeader, headerProblem } from '../../src/log/file-header.ts'
import { type LogRecord, laterPosition, RecordReader } from '../../src/log/record-reader.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { namesOf, readFileOf } from '../crash/files-of-store.ts'
import { failWithSeed, runSeed } from '../crash/seeds.ts'
import { settle } from '../crash/settling.ts'
import { storePath } from '../crash/small-stores.ts'
import { reportFigure, roundCountOf } from '../support/figures.ts'
import { openSmallDamaged, outcomeOf } from './damaged-life.ts'
import { type Damage, damageFile, damagesOf, flip, replaceFile } from './damages.ts'
import {
  closedStore,
  closedWithoutRoom,
  closedWithRoomInLog,
  killedStore,
  killedWithRoomInLogs,
  type SoundStore,
} from './sound-stores.ts'

const damageCount = Number(process.env.VARVE_DAMAGES ?? roundCountOf(2_000, 20_000))
/** Bits flipped in each file while a store is open. */
const flipCount = 60
const random = new SeededRandom(runSeed)
/** What came of the damages: how often the truth, how often an error, and when. */
const outcomes: Record<string, number> = {}

afterAll(() => {
  const total = Object.values(outcomes).reduce((sum, each) => sum + each, 0)
  console.log(`VARVE_SEED=${runSeed}, ${total} damages`, outcomes)
})

const stores = {
  closed: closedStore,
  killed: killedStore,
  killedWithRoom: killedWithRoomInLogs,
  full: closedWithoutRoom,
  fullWithRoom: closedWithRoomInLog,
}
const fileCounts = await Promise.all(
  Object.values(stores).map(async (make) => (await namesOf((await make()).disk)).length),
)
/** Damages to each file of each store, a few more than asked for, since zeros over zeros are none. */
const perFile = Math.ceil((1.1 * damageCount) / fileCounts.reduce((sum, each) => sum + each, 0))

for (const make of Object.values(stores)) {
  describe(make.name, () => {
    test('tells of every damage to every file, or tells the truth', async () => {
      const sound = await make()
      for (const name of await namesOf(sound.disk)) {
        const { length } = await readFileOf(sound.disk, joinPath(storePath, name))
        for (const damage of damagesOf(length, perFile, random)) await damageAndRead(sound, name, damage)
      }
    }, 600_000)

    test('tells when files of one kind have changed places, or one is there twice', async () => {
      const sound = await make()
      const other = await closedStore(99)
      const names = await namesOf(sound.disk)
      for (const name of names) {
        const alike = names.filter((each) => each !== name && kindOf(each) === kindOf(name))
        for (const from of alike) {
          const bytes = await readFileOf(sound.disk, joinPath(storePath, from))
          await damageAndRead(sound, name, { name: `replaced by ${from}`, apply: () => bytes })
        }
        for (const from of (await namesOf(other.disk)).filter((each) => kindOf(each) === kindOf(name))) {
          const bytes = await readFileOf(other.disk, joinPath(storePath, from))
          await damageAndRead(sound, name, {
            name: `replaced by ${from} of another store`,
            apply: () => bytes,
          })
        }
      }
    })
  })
}

test('no bit below what the logs of a killed store prove to be synced flips unnoticed', async () => {
  const sound = await killedStore()
  const logs = await logsOf(sound.disk)
  const proven = logs
    .flatMap(({ records }) => records.map(({ synced }) => synced))
    .reduce(laterPosition, { fileNumber: 0, offset: 0 })
  let checked = 0
  for (const { name, number, bytes } of logs) {
    const end = number < proven.fileNumber ? bytes.length : number === proven.fileNumber ? proven.offset : 0
    for (let offset = random.upTo(30); offset < end; offset += Math.ceil(end / flipCount)) {
      const disk = sound.disk.killed()
      await damageFile(disk, joinPath(storePath, name), flip(offset, random.upTo(7)))
      const time = new VirtualTime(new SeededRandom(1))
      const error = await settle(openSmallDamaged(disk, time), time, 'open()').then(
        () => undefined,
        (told: unknown) => told,
      )
      if (!(error instanceof CorruptionError)) failWithSeed(error, `${name}, byte ${offset} of ${end}`)
      checked++
      time.stop()
    }
  }
  expect(checked).toBeGreaterThan(flipCount / 2)
})

interface ReadLog {
  readonly name: string
  readonly number: number
  readonly bytes: Uint8Array
  readonly records: readonly LogRecord[]
}

/** The logs that hold anything, in their order. */
async function logsOf(disk: MemoryFileSystem): Promise<ReadLog[]> {
  const logs: ReadLog[] = []
  for (const name of (await namesOf(disk)).filter((each) => kindOf(each) === 'log')) {
    const bytes = await readFileOf(disk, joinPath(storePath, name))
    // One that was just being made ready has no header yet.
    if (headerProblem(bytes, 'log') !== undefined) continue
    const { number, storeId } = decodeFileHeader(bytes, 'log', name)
    const records = [...new RecordReader(bytes, number, storeId).search(0)]
    if (records.length > 0) logs.push({ name, number, bytes, records })
  }
  return logs
}

/** Opens a damaged copy and reads all of it. Throws when that gives anything but the truth or a told damage. */
async function damageAndRead(sound: SoundStore, name: string, damage: Damage): Promise<void> {
  const what = `${sound.name}, ${name}: ${damage.name}`
  try {
    const disk = sound.disk.killed()
    const path = joinPath(storePath, name)
    if (!(await damageFile(disk, path, damage))) return
    count(`${kindOf(name)}: ${await outcomeOf(sound, disk)}`)
  } catch (error) {
    failWithSeed(error, what)
  }
}

describe('check() of an open store', () => {
  test('finds every flipped bit in every file', async () => {
    for (const make of Object.values(stores)) {
      const sound = await make()
      const time = new VirtualTime(new SeededRandom(1))
      const disk = sound.disk.killed()
      const store = await settle(openSmallDamaged(disk, time), time, 'open()')
      await settle(
        store.batch([{ type: 'put', key: 'k', value: 'v'.repeat(300) }], { durability: 'disk' }),
        time,
        'batch()',
      )
      await settle(store.put('k2', 'v', { durability: 'disk' }), time, 'put()')
      // Nothing is written any more then, over which the bytes of before could be put.
      for (let pass = 0; pass < 3; pass++) {
        time.pass(1_100)
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
      expect(await store.check()).toMatchObject({ ok: true, problems: [] })
      const kinds = new Set<string>()
      for (const name of await namesOf(disk)) {
        const path = joinPath(storePath, name)
        const bytes = await readFileOf(disk, path)
        const { length } = bytes
        for (let i = 0; i < Math.min(length, flipCount); i++) {
          const { name: flipped, apply } = flip(Math.floor((i * length) / Math.min(length, flipCount)), i % 8)
          await overwrite(disk, path, apply(bytes) as Uint8Array)
          const report = await store.check()
          if (report.ok) throw new Error(`${sound.name}, ${name}: ${flipped} is not found`)
          expect(report.problems.map((problem) => problem.path)).toContain(path)
          kinds.add(kindOf(name))
        }
        await overwrite(disk, path, bytes)
      }
      expect([...kinds].sort()).toEqual(['current', 'log', 'manifest', 'segment'])
      expect(await store.check()).toMatchObject({ ok: true })
      await settle(store.close(), time, 'close()')
      time.stop()
    }
  })

  test('finds files that were cut, emptied or removed', async () => {
    const sound = await closedStore()
    for (const name of (await namesOf(sound.disk)).filter((each) => each !== 'CLOSED')) {
      for (const length of [undefined, 0, 17]) {
        const time = new VirtualTime(new SeededRandom(1))
        const disk = sound.disk.killed()
        const store = await settle(openSmallDamaged(disk, time), time, 'open()')
        const path = joinPath(storePath, name)
        const bytes = await readFileOf(disk, path)
        await replaceFile(disk, path, length === undefined ? undefined : bytes.slice(0, length))
        const report = await store.check()
        expect(
          report.problems.map((problem) => problem.path),
          `${name} cut to ${length}`,
        ).toContain(path)
        await settle(store.close(), time, 'close()')
        time.stop()
      }
    }
  })
})

/** Writes over a file that the store has open. */
async function overwrite(disk: MemoryFileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, 'update')
  await file.write(bytes, 0)
  await file.close()
}

test('damages of every kind of file were told, as many as were asked for', () => {
  const total = Object.values(outcomes).reduce((sum, each) => sum + each, 0)
  reportFigure('damages', total)
  expect(total).toBeGreaterThanOrEqual(damageCount)
  for (const kind of ['current', 'closed', 'manifest', 'log']) {
    expect(outcomes[`${kind}: refused at open`], kind).toBeGreaterThan(damageCount / 100)
  }
  expect(outcomes['segment: told by a read']).toBeGreaterThan(damageCount / 100)
})

function kindOf(name: string): string {
  return parseFileName(name)?.kind ?? 'other'
}

function count(outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}
