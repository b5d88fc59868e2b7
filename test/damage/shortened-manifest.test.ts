/**
 * A killed store whose manifest lost its end, from every byte on: cut off, or zeroed. What is left of the manifest
 * does not speak of what came last any more; that is told, or everything is there all the same, and no segment
 * goes for want of a name.
 */
import { expect, test } from 'vitest'
import { joinPath } from '../../src/fs/file-names.ts'
import { namesOf, readFileOf } from '../crash/files-of-store.ts'
import { storePath } from '../crash/small-stores.ts'
import { outcomeOf } from './damaged-life.ts'
import { damageFile } from './damages.ts'
import { tinyFlushedStore } from './tiny-stores.ts'

type Loss = (bytes: Uint8Array, from: number) => Uint8Array

const losses: readonly [how: string, lose: Loss][] = [
  ['cut off', (bytes, from) => bytes.subarray(0, from)],
  ['zeroed', (bytes, from) => Uint8Array.from(bytes).fill(0, from)],
]

test.each(losses)(
  'a manifest whose end was %s takes nothing along that was flushed',
  async (how, lose) => {
    const sound = await tinyFlushedStore()
    const names = await namesOf(sound.disk)
    const manifest = names.find((name) => name.startsWith('MANIFEST')) as string
    const segments = names.filter((name) => name.endsWith('.seg'))
    expect(segments.length).toBeGreaterThan(0)
    const path = joinPath(storePath, manifest)
    const { length } = await readFileOf(sound.disk, path)
    for (let from = 0; from < length; from++) {
      const disk = sound.disk.killed()
      const damage = { name: `${how} from byte ${from} on`, apply: (bytes: Uint8Array) => lose(bytes, from) }
      await damageFile(disk, path, damage)
      try {
        const outcome = await outcomeOf(sound, disk, false)
        if (outcome !== 'the truth') expect(await namesOf(disk)).toEqual(expect.arrayContaining(segments))
      } catch (cause) {
        throw new Error(`${manifest}, ${damage.name}, of ${length}`, { cause })
      }
    }
  },
  60_000,
)
