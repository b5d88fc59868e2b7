/**
 * Opens a damaged store and reads all of it. What comes of that is the truth or a CorruptionError that names file
 * and offset; everything else throws here: wrong data, stale data, something missing without a word, a hang.
 */
import { expect } from 'vitest'
import { CorruptionError } from '../../src/errors.ts'
import type { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import type { Content } from '../crash/commit-history.ts'
import { settle } from '../crash/settling.ts'
import { contentOf, openSmallStore, storePath } from '../crash/small-stores.ts'
import type { SoundStore } from './sound-stores.ts'

/** How a damage came to light, or that it did no harm. */
export type Outcome = 'refused at open' | 'told by a read' | 'the truth, and told by check()' | 'the truth'

/** A cache so small that making it costs nothing: these stores are opened ten thousands of times. */
export function openSmallDamaged(disk: MemoryFileSystem, time: VirtualTime): Promise<LogStructuredStore> {
  return openSmallStore(disk, time, { tuning: { cacheBudgetBytes: 64 * 1024 } })
}

/**
 * What comes of opening and reading the damaged disk.
 *
 * @param mayEndEarly - the damage lies where a crash may have left it, so the last commits may be missing.
 */
export async function outcomeOf(
  sound: SoundStore,
  disk: MemoryFileSystem,
  mayEndEarly: boolean = !sound.isProven,
): Promise<Outcome> {
  const time = new VirtualTime(new SeededRandom(1))
  try {
    const store = await settle(openSmallDamaged(disk, time), time, 'open()')
    try {
      return await readDamaged(sound, store, mayEndEarly)
    } finally {
      await settle(store.close(), time, 'close()').catch(checkTold)
    }
  } catch (error) {
    checkTold(error)
    // The lock is free again, and the damage is told once more.
    await expect(settle(openSmallDamaged(disk, time), time, 'open()')).rejects.toBeInstanceOf(CorruptionError)
    return 'refused at open'
  } finally {
    time.stop()
  }
}

async function readDamaged(
  sound: SoundStore,
  store: LogStructuredStore,
  mayEndEarly: boolean,
): Promise<Outcome> {
  const isTold = await contentOf(store).then(
    (found) => {
      checkTrue(sound, found, mayEndEarly)
      return false
    },
    async (error: unknown) => {
      checkTold(error)
      await readSingly(sound, store, mayEndEarly)
      return true
    },
  )
  const report = await store.check()
  for (const { path } of report.problems) expect(path).toContain(storePath)
  if (isTold) expect(report.ok).toBe(false)
  if (isTold) return 'told by a read'
  return report.ok ? 'the truth' : 'the truth, and told by check()'
}

/** A scan met the damage, so each key is as it was, or an error: never absent, never another value. */
async function readSingly(sound: SoundStore, store: LogStructuredStore, mayEndEarly: boolean): Promise<void> {
  for (const [key, value] of sound.content) {
    try {
      const found = await store.get(key)
      if (!mayEndEarly) expect(found).toBe(value)
    } catch (error) {
      checkTold(error)
    }
  }
}

function checkTrue(sound: SoundStore, found: Content, mayEndEarly: boolean): void {
  const explained = prefixesOf(sound).get(JSON.stringify(found)) ?? []
  const whole = sound.history.commits.length
  const isTrue = mayEndEarly ? explained.length > 0 : explained.includes(whole)
  if (!isTrue) expect(found, 'this was never the content').toEqual(sound.content)
}

const prefixes = new WeakMap<SoundStore, Map<string, number[]>>()

/** Which lengths of the history explain a content. Made once: a store is damaged thousands of times. */
function prefixesOf(sound: SoundStore): Map<string, number[]> {
  const known = prefixes.get(sound)
  if (known !== undefined) return known
  const made = new Map<string, number[]>()
  for (let count = 0; count <= sound.history.commits.length; count++) {
    const content = JSON.stringify(sound.history.contentAfter(count))
    made.set(content, [...(made.get(content) ?? []), count])
  }
  prefixes.set(sound, made)
  return made
}

/** Damage is told as such, with the file and the place. */
function checkTold(error: unknown): asserts error is CorruptionError {
  if (!(error instanceof CorruptionError)) throw error
  expect(error.path.startsWith(`${storePath}/`)).toBe(true)
  expect(error.offset).toBeGreaterThanOrEqual(0)
}
