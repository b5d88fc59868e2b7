/** Moves that change no content: flush, compact, waiting, closing and opening, checking. */
import type { ClosedError } from '../../src/errors.ts'
import { checkSame } from '../../src/testing/checks.ts'
import type { Move } from './move.ts'
import type { Twin } from './twin.ts'

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
  const { readers, random } = twin
  await twin.finishLater()
  // Readers that are still open are closed with the store, and say so.
  const left = random.chance(0.5) ? readers.iterators[0] : undefined
  await twin.reopen()
  const error = await left?.ours.nextMany(1).catch((reason: ClosedError) => reason.code)
  if (left !== undefined) checkSame(error, 'STORE_CLOSED', 'what an iterator of a closed store says')
  await readers.closeAll()
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
