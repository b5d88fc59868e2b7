/** So many versions of one key that a segment cannot hold them, each of them seen by a snapshot. */
import { CrashLaboratory } from '../../src/testing/laboratory/crash-laboratory.ts'
import { settle } from './settling.ts'
import { smallStoreOptions, storePath } from './small-stores.ts'

const versionCount = 40

/** Writes, flushes, merges, and reads each version through its snapshot. Throws when one is another. */
export async function readManyVersions(seed: number): Promise<void> {
  const laboratory = new CrashLaboratory({ seed })
  const { time, random } = laboratory
  const store = await settle(laboratory.open(storePath, smallStoreOptions()), time, 'open()')
  const versions = []
  for (let number = 0; number < versionCount; number++) {
    const value = `${number}.`.padEnd(1000 + random.upTo(1000), 'v')
    await settle(store.put('key', value), time, 'put()')
    versions.push({ value, snapshot: store.snapshot() })
    if (random.chance(0.2)) await settle(store.flush(), time, 'flush()')
  }
  await settle(store.compact(), time, 'compact()')
  for (const { value, snapshot } of versions) {
    const found = await store.get('key', { snapshot })
    if (found !== value)
      throw new Error(`a snapshot shows ${found?.slice(0, 9)} instead of ${value.slice(0, 9)}`)
  }
  await settle(store.close(), time, 'close()')
  laboratory.stop()
}
