/** Moves with readers that stay open: made, read a little now and then, closed at some time or with the store. */
import { checkSame } from '../../src/testing/checks.ts'
import type { Move } from './move.ts'
import type { OpenIterator } from './open-readers.ts'
import { anyRange, openScan, readToEnd, wayCount } from './scans.ts'
import type { Twin } from './twin.ts'

const snapshotCountMax = 6
const iteratorCountMax = 14

export const readerMoves: readonly Move[] = [
  { weight: 2, name: 'a snapshot', make: takeSnapshot },
  { weight: 1, name: 'closing a snapshot', make: closeSnapshot },
  { weight: 5, name: 'an iterator', make: openIterator },
  { weight: 9, name: 'a step of an iterator', make: stepAny },
  { weight: 1, name: 'steps of all iterators at once', make: stepAll },
  { weight: 1, name: 'an iterator to its end', make: finishIterator },
  { weight: 1, name: 'closing an iterator', make: closeIterator },
]

async function takeSnapshot({ store, oracle, readers }: Twin): Promise<void> {
  if (readers.snapshots.length >= snapshotCountMax) readers.closeSnapshot(0)
  readers.addSnapshot(store.snapshot(), oracle.snapshot())
}

async function closeSnapshot({ readers, random }: Twin): Promise<void> {
  readers.closeSnapshot(random.upTo(readers.snapshots.length))
}

async function openIterator(twin: Twin): Promise<void> {
  const { readers } = twin
  if (readers.iterators.length >= iteratorCountMax) await readers.closeIterator(0)
  // Most of them long enough to last.
  const range = twin.random.chance(0.3) ? anyRange(twin) : { reverse: twin.random.chance(0.5) }
  const { ours, theirs } = openScan(twin, range, twin.place())
  readers.addIterator(ours, theirs)
}

async function stepAny(twin: Twin): Promise<void> {
  const { readers, random } = twin
  const index = random.upTo(readers.iterators.length)
  const iterator = readers.iterators[index]
  if (iterator !== undefined && !(await step(twin, iterator))) await readers.closeIterator(index)
}

/** The steps run side by side, with a write among them. */
async function stepAll(twin: Twin): Promise<void> {
  const { readers, store, oracle, vocabulary } = twin
  const steps = readers.iterators.map((iterator) => step(twin, iterator))
  const [key, value] = [vocabulary.key(), vocabulary.value()]
  const written = store.put(key, value)
  oracle.putSync(key, value)
  const areOpen = await Promise.all(steps)
  await written
  for (let index = areOpen.length - 1; index >= 0; index--) {
    if (!areOpen[index]) await readers.closeIterator(index)
  }
}

/** Compares the next items; false at the end. */
async function step(twin: Twin, iterator: OpenIterator): Promise<boolean> {
  const { random, vocabulary, report, readers } = twin
  const { ours, theirs } = iterator
  const count = 1 + random.upTo(random.chance(0.9) ? 6 : 60)
  if (random.chance(0.1)) {
    const target = vocabulary.bound()
    ours.seek(target)
    theirs.seek(target)
  }
  report.operations++
  const expected = theirs.nextManySync(count)
  const items = random.chance(0.6) ? await ours.nextMany(count) : ours.nextManySync(count)
  checkSame(items, expected, `the next ${count} items of an iterator`)
  readers.agreed(iterator)
  return items.length > 0
}

async function finishIterator(twin: Twin): Promise<void> {
  const { readers, random } = twin
  const index = random.upTo(readers.iterators.length)
  const iterator = readers.iterators[index]
  if (iterator === undefined) return
  const items = await readToEnd(iterator.ours, random.upTo(wayCount - 1))
  checkSame(items, await readToEnd(iterator.theirs, 0), 'the rest of an iterator')
  readers.agreed(iterator)
  await readers.closeIterator(index)
}

async function closeIterator({ readers, random }: Twin): Promise<void> {
  await readers.closeIterator(random.upTo(readers.iterators.length))
}
