/**
 * Repairs stores with damages of every kind, the same as in damage.test.ts, and judges each result. `VARVE_SEED`
 * repeats a run; `VARVE_REPAIRS` says how many there are.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { joinPath, parseFileName } from '../../src/fs/file-names.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { namesOf, readFileOf } from '../crash/files-of-store.ts'
import { failWithSeed, runSeed } from '../crash/seeds.ts'
import { storePath } from '../crash/small-stores.ts'
import { reportFigure, roundCountOf } from '../support/figures.ts'
import { type Damage, damageFile, damagesOf } from './damages.ts'
import { repairAndJudge } from './repaired.ts'
import {
  closedStore,
  closedWithoutRoom,
  closedWithRoomInLog,
  killedStore,
  killedWithRoomInLogs,
  type SoundStore,
} from './sound-stores.ts'

const repairCount = Number(process.env.VARVE_REPAIRS ?? roundCountOf(300, 3_000))
const random = new SeededRandom(runSeed)
const outcomes: Record<string, number> = {}
const stores = [closedStore, killedStore, killedWithRoomInLogs, closedWithoutRoom, closedWithRoomInLog]
const fileCounts = await Promise.all(stores.map(async (make) => (await namesOf((await make()).disk)).length))
const perFile = Math.ceil(repairCount / fileCounts.reduce((sum, each) => sum + each, 0))

afterAll(() => {
  const total = Object.values(outcomes).reduce((sum, each) => sum + each, 0)
  console.log(`VARVE_SEED=${runSeed}, ${total} repairs`, outcomes)
})

describe.each(stores.map((make) => [make.name, make] as const))('a repair of %s', (_name, make) => {
  test('brings back everything when nothing is damaged', async () => {
    const sound = await make()
    expect(await repairAndJudge(sound, sound.disk.killed())).toBe('everything')
  })

  test('gives nothing that was never written, and outside of what it reports all that was', async () => {
    const sound = await make()
    for (const name of await namesOf(sound.disk)) {
      const { length } = await readFileOf(sound.disk, joinPath(storePath, name))
      for (const damage of damagesOf(length, perFile, random)) await damageAndRepair(sound, [[name, damage]])
    }
  }, 600_000)

  test('copes with files that changed places, and with files of another store', async () => {
    const sound = await make()
    const other = await closedStore(99)
    const names = await namesOf(sound.disk)
    for (const name of names) {
      for (const from of [sound, other]) {
        const alike = (await namesOf(from.disk)).filter((each) => kindOf(each) === kindOf(name))
        for (const each of from === sound ? alike.filter((one) => one !== name) : alike) {
          const bytes = await readFileOf(from.disk, joinPath(storePath, each))
          const damage = {
            name: `replaced by ${each} of ${from === sound ? 'it' : 'another'}`,
            apply: () => bytes,
          }
          await damageAndRepair(sound, [[name, damage]])
        }
      }
    }
  })

  test('works without CURRENT and without a manifest, and then says that everything is in doubt', async () => {
    const sound = await make()
    const gone: Damage = { name: 'gone', apply: () => undefined }
    const names = await namesOf(sound.disk)
    const rest = names.filter((name) => !['log', 'segment'].includes(kindOf(name)))
    expect(await damageAndRepair(sound, [['CURRENT', gone]])).toBe('everything')
    expect(
      await damageAndRepair(
        sound,
        rest.map((name) => [name, gone]),
      ),
    ).toBe('what may be everything')
  })
})

async function damageAndRepair(
  sound: SoundStore,
  damages: readonly (readonly [name: string, damage: Damage])[],
): Promise<string | undefined> {
  const what = damages.map(([name, damage]) => `${name}: ${damage.name}`).join(', ')
  try {
    const disk = sound.disk.killed()
    let isDamaged = false
    for (const [name, damage] of damages)
      isDamaged = (await damageFile(disk, joinPath(storePath, name), damage)) || isDamaged
    if (!isDamaged) return undefined
    const saved = await repairAndJudge(sound, disk)
    const outcome = `${kindOf(damages[0]?.[0] ?? '')}: ${saved}`
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    return saved
  } catch (error) {
    return failWithSeed(error, `${sound.name}, ${what}`)
  }
}

test('most damages cost no more than a range of keys', () => {
  reportFigure(
    'repairs',
    Object.values(outcomes).reduce((sum, each) => sum + each, 0),
  )
  const of = (outcome: string): number => outcomes[outcome] ?? 0
  expect(of('segment: all but a range')).toBeGreaterThan(repairCount / 20)
  expect(of('segment: what may be everything')).toBe(0)
  expect(of('current: everything')).toBeGreaterThan(repairCount / 20)
  expect(of('closed: everything')).toBeGreaterThan(repairCount / 40)
})

function kindOf(name: string): string {
  return parseFileName(name)?.kind ?? 'other'
}
