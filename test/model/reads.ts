/** Moves that read one key, some, or a range, now or in the past, in each of the ways there are, and compare. */
import type { RangeOptions } from '../../src/store/key-value-store.ts'
import { checkSame } from '../../src/testing/checks.ts'
import type { Move } from './move.ts'
import { anyRange, openScan, readToEnd, wayCount } from './scans.ts'
import type { Twin } from './twin.ts'
import { batchSync, floodSync, putSync, removeSync } from './writes.ts'

export const reads: readonly Move[] = [
  { weight: 8, name: 'reading a key', make: readKey },
  { weight: 3, name: 'getMany', make: readKeys },
  { weight: 2, name: 'reads at once', make: readsAtOnce },
  { weight: 5, name: 'a scan', make: (twin) => scan(twin, anyRange(twin)) },
  { weight: 0.3, name: 'a scan of everything', make: (twin) => scan(twin, {}) },
  { weight: 3, name: 'seeking', make: seek },
  { weight: 2, name: 'forEach', make: (twin) => visit(twin, () => {}) },
  { weight: 1, name: 'forEach that reads and writes', make: (twin) => visit(twin, disturb) },
  { weight: 1, name: 'getView that reads and writes', make: viewAndDisturb },
]

async function readKey(twin: Twin): Promise<void> {
  const { store, oracle, vocabulary, random, report } = twin
  const key = random.chance(0.8) ? vocabulary.key() : vocabulary.bound()
  const place = twin.place()
  const expected = oracle.getSync(key, place.theirs)
  report.operations++
  switch (random.upTo(5)) {
    case 0:
      checkSame(await store.has(key, place.ours), expected !== undefined, 'has()')
      break
    case 1:
      checkSame(store.hasSync(key, place.ours), expected !== undefined, 'hasSync()')
      break
    case 2:
      checkSame(store.getSync(key, place.ours), expected, 'getSync()')
      break
    case 3: {
      const [ours, theirs] = [new Uint8Array(500), new Uint8Array(500)]
      const length = oracle.getInto(key, theirs, place.theirs)
      checkSame(store.getInto(key, ours, place.ours), length, 'the length that getInto() gives')
      checkSame(ours, theirs, 'what getInto() copied')
      break
    }
    case 4: {
      const copy = oracle.getView(key, (value) => new Uint8Array(value), place.theirs)
      checkSame(
        store.getView(key, (value) => new Uint8Array(value), place.ours),
        copy,
        'the view of getView()',
      )
      break
    }
    default:
      checkSame(await store.get(key, place.ours), expected, 'get()')
  }
  twin.readers.agreed(place)
}

async function readKeys(twin: Twin): Promise<void> {
  const { store, oracle, vocabulary, random, report } = twin
  const keys = vocabulary.keys(30)
  const place = twin.place()
  report.operations += keys.length
  const ours = random.chance(0.7)
    ? await store.getMany(keys, place.ours)
    : store.getManySync(keys, place.ours)
  checkSame(ours, oracle.getManySync(keys, place.theirs), 'getMany()')
  twin.readers.agreed(place)
}

/** Many reads in flight together, each of its own moment, so that they wait for blocks in one another's way. */
async function readsAtOnce(twin: Twin): Promise<void> {
  const moves = Array.from({ length: twin.random.upTo(30) }, () => {
    const choice = twin.random.upTo(9)
    if (choice < 6) return readKey(twin)
    return choice < 8 ? readKeys(twin) : scan(twin, anyRange(twin))
  })
  await Promise.all(moves)
}

async function scan(twin: Twin, range: RangeOptions<unknown>): Promise<void> {
  const place = twin.place()
  const { ours, theirs } = openScan(twin, range, place)
  twin.report.operations++
  const items = await readToEnd(ours, twin.random.upTo(wayCount - 1))
  checkSame(items, await readToEnd(theirs, 0), `the scan ${describeRange(range)}`)
  twin.readers.agreed(place)
}

async function seek(twin: Twin): Promise<void> {
  const { random, vocabulary } = twin
  const range = anyRange(twin)
  const { ours, theirs } = openScan(twin, range, twin.place())
  const isSync = random.chance(0.5)
  for (let step = random.upTo(4); step >= 0; step--) {
    const target = vocabulary.bound()
    const count = 1 + random.upTo(9)
    twin.report.operations++
    ours.seek(target)
    theirs.seek(target)
    const items = isSync ? ours.nextManySync(count) : await ours.nextMany(count)
    checkSame(items, theirs.nextManySync(count), `${count} items after a seek in ${describeRange(range)}`)
    // At its end an iterator is closed.
    if (items.length === 0) break
  }
  await ours.close()
  await theirs.close()
}

/** Visits a range while `disturbing` happens in some of the callbacks; it shows the moment when it began. */
async function visit(twin: Twin, disturbing: (twin: Twin) => void): Promise<void> {
  const { store, oracle, random } = twin
  const place = twin.place()
  const range = anyRange(twin)
  const expected: [Uint8Array, Uint8Array][] = []
  oracle.forEach({ ...range, ...place.theirs }, (key, value) => expected.push([key, value]))
  const stopAfter = random.chance(0.2) ? 1 + random.upTo(20) : Number.POSITIVE_INFINITY
  let index = 0
  twin.report.operations++
  const count = store.forEach({ ...range, ...place.ours }, (key, value) => {
    const entry = expected[index]
    const where = `entry ${index} of forEach ${describeRange(range)}`
    checkSame([copyOf(key), copyOf(value)], entry, where)
    if (random.chance(0.2)) {
      disturbing(twin)
      checkSame([copyOf(key), copyOf(value)], entry, `${where}, at the end of the callback`)
    }
    index++
    return index < stopAfter
  })
  checkSame(count, Math.min(expected.length, stopAfter), 'the count of forEach()')
  twin.readers.agreed(place)
}

async function viewAndDisturb(twin: Twin): Promise<void> {
  const { store, oracle, vocabulary } = twin
  const key = vocabulary.key()
  const place = twin.place()
  const expected = oracle.getView(key, (value) => value, place.theirs)
  twin.report.operations++
  store.getView(
    key,
    (value) => {
      checkSame(copyOf(value), expected, 'the view of getView()')
      disturb(twin)
      checkSame(copyOf(value), expected, 'the view of getView(), at the end of the callback')
    },
    place.ours,
  )
}

/** Reads and writes from inside a callback. */
function disturb(twin: Twin): void {
  const { random, store, oracle, vocabulary } = twin
  if (random.chance(0.01)) floodSync(twin)
  for (let count = 1 + random.upTo(3); count > 0; count--) {
    switch (random.upTo(5)) {
      case 0:
        putSync(twin)
        break
      case 1:
        removeSync(twin)
        break
      case 2:
        batchSync(twin)
        break
      case 3: {
        const keys = vocabulary.keys(30)
        checkSame(store.getManySync(keys), oracle.getManySync(keys), 'getManySync() inside a callback')
        break
      }
      case 4: {
        const { ours, theirs } = openScan(twin, anyRange(twin), twin.place())
        checkSame([...ours], [...theirs], 'a scan inside a callback')
        break
      }
      default: {
        const key = vocabulary.key()
        const copy = oracle.getView(key, copyOf)
        checkSame(store.getView(key, copyOf), copy, 'getView() inside a callback')
      }
    }
  }
}

function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function describeRange(range: RangeOptions<unknown>): string {
  const text = (_: string, value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value.subarray(0, 40)).toString('latin1') : value
  return JSON.stringify(range, text)
}
