/** Opens what a death left and checks every promise, writes a little, dies again, and checks once more. */
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { Crash } from '../../src/testing/laboratory/crash-at-every.ts'
import type { CrashLaboratory } from '../../src/testing/laboratory/crash-laboratory.ts'
import { CommitHistory, type Content } from './commit-history.ts'
import { highestSequenceIn } from './files-of-store.ts'
import { settle } from './settling.ts'
import { contentOf, smallStoreOptions, storePath } from './small-stores.ts'
import type { Moment } from './tested-store.ts'

/** What checks came to, for people. */
export interface CheckToll {
  /** Deaths after which less was found than had begun. */
  shortCount: number
  /** Disks with compressed blocks on them. */
  compressedCount: number
}

/** Throws when a promise is broken. */
export async function checkSecondLife(
  laboratory: CrashLaboratory,
  crash: Crash<Moment>,
  toll: CheckToll,
): Promise<void> {
  const seenSequence = await highestSequenceIn(laboratory.disk)
  const store = await openAgain(laboratory, 'open()')
  const found = await contentOf(store)
  const { history, begun, afterKill, afterPowerLoss } = crash.remembered
  const promised = crash.lostPower ? afterPowerLoss : afterKill
  const count = checkContent(history, promised, begun, found)
  if (count < begun) toll.shortCount++
  const { sequenceNumber, levels } = store.status()
  // Less on the disk than its entries take by themselves.
  if (levels.some(({ sizeBytes, entryBytes }) => sizeBytes < entryBytes)) toll.compressedCount++
  if (sequenceNumber < seenSequence) {
    throw new Error(`sequence numbers go on from ${sequenceNumber}, but ${seenSequence} is on the disk`)
  }
  await writeAndDie(laboratory, store, found)
}

/** Writes in the second life, ends it by one of several deaths or by closing, and looks at what that left. */
async function writeAndDie(
  laboratory: CrashLaboratory,
  store: LogStructuredStore,
  found: Content,
): Promise<void> {
  const { random, time } = laboratory
  const history = new CommitHistory(found)
  for (const durability of ['os', 'disk', 'os'] as const) {
    const commit = history.begin(
      [
        { key: 'again', value: durability },
        { key: durability, value: '' },
      ],
      durability,
    )
    if (random.chance(0.3)) {
      const changes = [putOf('again', durability), putOf(durability, '')]
      store.batchSync(changes, { durability })
    } else {
      const batch = store.batch().put('again', durability).put(durability, '')
      await settle(batch.write({ durability }), time, 'write()')
    }
    history.acknowledge(commit)
  }
  const isClosed = random.chance(0.3)
  if (isClosed) {
    await settle(store.close(), time, 'close()')
    history.reachedDisk()
  }
  const death = random.chance(0.5) ? 'killed' : 'posix'
  laboratory.die(death)
  if (!isClosed) await settle(store.close(), time, 'close()')
  const { afterKill, afterPowerLoss } = history.promised
  const third = await openAgain(laboratory, 'the third open()')
  const left = await contentOf(third)
  await settle(third.close(), time, 'the third close()')
  checkContent(history, death === 'killed' ? afterKill : afterPowerLoss, history.commits.length, left)
}

function putOf(key: string, value: string): { type: 'put'; key: string; value: string } {
  return { type: 'put', key, value }
}

function openAgain(laboratory: CrashLaboratory, what: string): Promise<LogStructuredStore> {
  return settle(laboratory.open(storePath, smallStoreOptions()), laboratory.time, what)
}

/** How many commits are there; throws unless they are the first of those that began, and all that were promised. */
function checkContent(history: CommitHistory, promised: number, begun: number, found: Content): number {
  const count = history.prefixesOf(found, promised, begun).at(-1)
  if (count !== undefined) return count
  const shorter = history.prefixesOf(found, 0, begun).at(-1)
  throw new Error(
    shorter === undefined
      ? `no prefix of the ${begun} commits (${promised} promised) explains the ${found.length} entries found`
      : `only ${shorter} commits are there, and ${promised} of ${begun} were promised`,
  )
}
