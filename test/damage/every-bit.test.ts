/**
 * Flips each single bit of every file of a tiny store, one at a time, opens it and reads everything. What comes of
 * it is the truth or an error with file and offset; what was closed in order, or is proven to be synced, never ends
 * early. Nothing here is left to chance.
 */
import { afterAll, expect, test } from 'vitest'
import { joinPath, parseFileName } from '../../src/fs/file-names.ts'
import { decodeFileHeader } from '../../src/log/file-header.ts'
import type { SyncedPosition } from '../../src/log/record-format.ts'
import { laterPosition, RecordReader } from '../../src/log/record-reader.ts'
import { inspectFile } from '../../src/store/inspect-file.ts'
import { namesOf, readFileOf } from '../crash/files-of-store.ts'
import { storePath } from '../crash/small-stores.ts'
import { reportFigure } from '../support/figures.ts'
import { outcomeOf } from './damaged-life.ts'
import { damageFile, flip } from './damages.ts'
import type { SoundStore } from './sound-stores.ts'
import { tinyClosedStore, tinyCompressedStore, tinyKilledStore, tinyStoreWithoutRoom } from './tiny-stores.ts'

const sizeBytesMax = 4096
const counts: Record<string, Record<string, number>> = {}

afterAll(() => console.log('every bit:', counts))

const stores = [tinyClosedStore, tinyKilledStore, tinyStoreWithoutRoom, tinyCompressedStore]

test.each(stores.map((make) => [make.name, make] as const))(
  'no bit of %s flips unnoticed where it counts',
  async (_name, make) => {
    const sound = await make()
    const names = await namesOf(sound.disk)
    const sizes = await Promise.all(
      names.map(async (name) => (await readFileOf(sound.disk, joinPath(storePath, name))).length),
    )
    const sizeBytes = sizes.reduce((sum, each) => sum + each, 0)
    expect(sizeBytes).toBeLessThanOrEqual(sizeBytesMax)
    const proven = await provenPosition(sound)
    for (const name of names) await flipEachBit(sound, name, proven)
    const flipCount = Object.values(counts[sound.name] ?? {}).reduce((sum, each) => sum + each, 0)
    expect(flipCount).toBe(8 * sizeBytes)
    reportFigure('single bits', flipCount)
  },
  600_000,
)

test('the blocks of the compressed store are compressed', async () => {
  const { disk } = await tinyCompressedStore()
  const [name] = (await namesOf(disk)).filter((each) => each.endsWith('.seg'))
  const { parts } = await inspectFile(joinPath(storePath, name ?? ''), disk)
  const blocks = parts.filter(({ kind }) => kind.endsWith(' block'))
  expect(blocks.map(({ kind, details }) => [kind, details.compression])).toEqual([
    ['columnar block', 'lz4'],
    ['large block', 'lz4'],
  ])
})

async function flipEachBit(sound: SoundStore, name: string, proven: SyncedPosition): Promise<void> {
  const path = joinPath(storePath, name)
  const { length } = await readFileOf(sound.disk, path)
  for (let bit = 0; bit < 8 * length; bit++) {
    const damage = flip(bit >>> 3, bit & 7)
    try {
      const disk = sound.disk.killed()
      await damageFile(disk, path, damage)
      const mayEndEarly = !sound.isProven && isBehind(name, bit >>> 3, proven)
      const outcome = await outcomeOf(sound, disk, mayEndEarly)
      if (sound.isProven) expect(outcome).not.toBe('the truth')
      count(sound.name, `${parseFileName(name)?.kind}: ${outcome}`)
    } catch (error) {
      throw new Error(`${sound.name}, ${name}: ${damage.name}`, { cause: error })
    }
  }
}

/** Whether the byte lies in a log behind what the logs prove to have been synced. */
function isBehind(name: string, offset: number, proven: SyncedPosition): boolean {
  const named = parseFileName(name)
  if (named?.kind !== 'log') return false
  return laterPosition({ fileNumber: named.number, offset }, proven) !== proven
}

/** The furthest synced position in any record of any log. */
async function provenPosition(sound: SoundStore): Promise<SyncedPosition> {
  let proven: SyncedPosition = { fileNumber: 0, offset: 0 }
  for (const name of await namesOf(sound.disk)) {
    if (parseFileName(name)?.kind !== 'log') continue
    const bytes = await readFileOf(sound.disk, joinPath(storePath, name))
    const { number, storeId } = decodeFileHeader(bytes, 'log', name)
    for (const { synced } of new RecordReader(bytes, number, storeId).search(0)) {
      proven = laterPosition(proven, synced)
    }
  }
  return proven
}

function count(store: string, outcome: string): void {
  const ofStore = counts[store] ?? {}
  counts[store] = ofStore
  ofStore[outcome] = (ofStore[outcome] ?? 0) + 1
}
