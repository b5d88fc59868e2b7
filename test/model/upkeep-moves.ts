/** Moves that change no content: flush, compact, waiting, closing and opening, checking. */
import { ClosedError } from '../../src/errors.ts'
import { checkSame } from '../../src/testing/checks.ts'
import type { Move } from './move.ts'
import type { Twin } from './twin.ts'
import { beginWrites } from './writes.ts'

export const upkeepMoves: readonly Move[] = [
  { weight: 0.6, name: 'flush', make: (twin) => twin.store.flush() },
  { weight: 0.6, name: 'flush, not waited for', make: async (twin) => twin.later(twin.store.flush()) },
  { weight: 0.25, name: 'compact', make: (twin) => compact(twin) },
  { weight: 0.15, name: 'compact, not waited for', make: async (twin) => twin.later(compact(twin)) },
  { weight: 1.5, name: 'turns of the event loop', make: turn },
  { weight: 0.5, name: 'time', make: async (twin) => twin.time.pass(twin.random.upTo(4_000)) },
  { weight: 0.2, name: 'status', make: async (twin) => checkStatus(twin) },
  { weight: 0.08, name: 'check', make: check },
  { weight: 0.3, name: 'closing and opening', make: reopen },
  { weight: 0.06, name: 'a kill and opening', make: kill },
]

async function compact(twin: Twin): Promise<void> {
  const { random, vocabulary, store } = twin
  const bounds = [
    undefined,
    { gte: vocabulary.bound() },
    { lt: vocabulary.bound() },
    { prefix: vocabulary.bound() },
  ]
  await store.compact(bounds[random.upTo(bounds.length - 1)])
}

async function turn({ random }: Twin): Promise<void> {
  for (let count = random.upTo(6); count > 0; count--) await new Promise((resolve) => setImmediate(resolve))
}

function checkStatus({ store, readers, report }: Twin): void {
  const { state, memory, snapshots } = store.status()
  report.operations++
  checkSame(state, 'open', 'the state')
  checkSame(snapshots.snapshotCount, readers.snapshots.length, 'the count of open snapshots')
  checkSame(snapshots.iteratorCount, readers.iterators.length, 'the count of open iterators')
  const usedBytes = memory.arenaBytes + memory.indexBytes + memory.cacheBytes
  checkSame(usedBytes <= memory.budgetBytes, true, 'that all memory keeps to the budget')
}

async function check({ store, report }: Twin): Promise<void> {
  report.operations++
  checkSame((await store.check()).problems, [], 'what check() complains of')
}

async function reopen(twin: Twin): Promise<void> {
  await twin.finishLater()
  const isBusy = twin.random.chance(0.5)
  const begun = isBusy ? [...beginWrites(twin), ...beginSteps(twin)] : []
  // One that such a step brought to its end just stays at its end.
  const left = isBusy ? undefined : twin.readers.iterators[0]
  await twin.reopen()
  await Promise.all(begun)
  // Readers that were still open were closed with the store, and say so.
  const error = await left?.ours.nextMany(1).catch((reason: ClosedError) => reason.code)
  if (left !== undefined) checkSame(error, 'STORE_CLOSED', 'what an iterator of a closed store says')
  await twin.readers.closeAll()
}

/** Steps of all iterators, while the store closes: each gives what it should, or says that it was closed. */
function beginSteps({ readers }: Twin): Promise<void>[] {
  return readers.iterators.map(async ({ ours, theirs }) => {
    const expected = theirs.nextManySync(3)
    try {
      checkSame(await ours.nextMany(3), expected, 'the step of an iterator while the store closes')
    } catch (error) {
      if (!(error instanceof ClosedError)) throw error
    }
  })
}

async function kill(twin: Twin): Promise<void> {
  if (twin.options.isReal) return
  await twin.finishLater()
  // What only memory holds would be lost; a later write to the log takes it along.
  const [key, value] = [twin.vocabulary.key(), twin.vocabulary.value()]
  await twin.store.put(key, value, { durability: 'os' })
  twin.oracle.putSync(key, value)
  await twin.kill()
  await twin.readers.closeAll()
}
