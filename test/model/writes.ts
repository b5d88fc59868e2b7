/** Moves that write, to the store and to the oracle: each kind of call, with each durability. */
import type { BatchOperation } from '../../src/store/key-value-store.ts'
import type { Move } from './move.ts'
import type { Twin } from './twin.ts'

export const writes: readonly Move[] = [
  { weight: 10, name: 'put', make: put },
  { weight: 6, name: 'putSync', make: async (twin) => putSync(twin) },
  { weight: 5, name: 'delete', make: remove },
  { weight: 3, name: 'deleteSync', make: async (twin) => removeSync(twin) },
  { weight: 4, name: 'batch', make: batch },
  { weight: 2, name: 'batchSync', make: async (twin) => batchSync(twin) },
  { weight: 2, name: 'a chained batch', make: chainedBatch },
  { weight: 4, name: 'writes at once', make: writesAtOnce },
  { weight: 0.3, name: 'a large batch', make: largeBatch },
  { weight: 0.12, name: 'a batch larger than an arena', make: oversizeBatch },
  { weight: 1, name: 'clear', make: clear },
  { weight: 0.03, name: 'clear of everything', make: clearAll },
]

async function put(twin: Twin): Promise<void> {
  const [key, value, options] = [twin.vocabulary.key(), twin.vocabulary.value(), twin.writeOptions()]
  twin.report.operations++
  await twin.store.put(key, value, options)
  twin.oracle.putSync(key, value)
}

export function putSync(twin: Twin): void {
  const [key, value] = [twin.vocabulary.key(), twin.vocabulary.value()]
  twin.report.operations++
  twin.store.putSync(key, value, twin.writeOptions())
  twin.oracle.putSync(key, value)
}

async function remove(twin: Twin): Promise<void> {
  const key = twin.vocabulary.key()
  twin.report.operations++
  await twin.store.delete(key, twin.writeOptions())
  twin.oracle.deleteSync(key)
}

export function removeSync(twin: Twin): void {
  const key = twin.vocabulary.key()
  twin.report.operations++
  twin.store.deleteSync(key, twin.writeOptions())
  twin.oracle.deleteSync(key)
}

async function batch(twin: Twin): Promise<void> {
  const operations = operationsOf(twin, 25)
  await twin.store.batch(operations, twin.writeOptions())
  twin.oracle.batchSync(operations)
}

export function batchSync(twin: Twin): void {
  const operations = operationsOf(twin, 25)
  twin.store.batchSync(operations, twin.writeOptions())
  twin.oracle.batchSync(operations)
}

/** More than all memory for writes takes, so that each part of it is used again. */
export function floodSync(twin: Twin): void {
  for (let count = 0; count < 16; count++) {
    const operations = operationsOf(twin, 160)
    twin.store.batchSync(operations, twin.writeOptions())
    twin.oracle.batchSync(operations)
  }
}

async function chainedBatch(twin: Twin): Promise<void> {
  const operations = operationsOf(twin, 12)
  const chain = twin.store.batch()
  for (const operation of operations) {
    if (operation.type === 'put') chain.put(operation.key, operation.value)
    else chain.delete(operation.key)
  }
  await chain.write(twin.writeOptions())
  twin.oracle.batchSync(operations)
}

async function writesAtOnce(twin: Twin): Promise<void> {
  await Promise.all(beginWrites(twin))
}

/** Begins several writes of all kinds. They are applied in the order of the calls. */
export function beginWrites(twin: Twin): Promise<void>[] {
  const pending: Promise<void>[] = []
  for (let count = twin.random.upTo(20); count > 0; count--) {
    const operations = operationsOf(twin, 3)
    const [first] = operations
    const options = twin.writeOptions()
    if (operations.length !== 1 || first === undefined) pending.push(twin.store.batch(operations, options))
    else if (first.type === 'delete') pending.push(twin.store.delete(first.key, options))
    else pending.push(twin.store.put(first.key, first.value, options))
    twin.oracle.batchSync(operations)
    // A blocking write in between comes behind all that were begun before it.
    if (twin.random.chance(0.05)) putSync(twin)
  }
  return pending
}

/** A batch that is a group of its own, but fits into an arena. */
async function largeBatch(twin: Twin): Promise<void> {
  const operations = operationsOf(twin, 160)
  await writeEitherWay(twin, operations)
}

async function oversizeBatch(twin: Twin): Promise<void> {
  const operations = operationsOf(twin, 20)
  const key = twin.vocabulary.key()
  operations.splice(twin.random.upTo(operations.length), 0, {
    type: 'put',
    key,
    value: twin.vocabulary.hugeValue(),
  })
  twin.report.oversizeBatches++
  await writeEitherWay(twin, operations)
}

async function writeEitherWay(twin: Twin, operations: BatchOperation<unknown, unknown>[]): Promise<void> {
  if (twin.random.chance(0.5)) await twin.store.batch(operations, twin.writeOptions())
  else twin.store.batchSync(operations, twin.writeOptions())
  twin.oracle.batchSync(operations)
}

async function clear(twin: Twin): Promise<void> {
  const { vocabulary, random } = twin
  const limit = random.upTo(12)
  const range = { gte: vocabulary.bound(), reverse: random.chance(0.5), limit }
  const options = random.chance(0.2) ? { prefix: vocabulary.bound(), limit } : range
  twin.report.operations++
  await twin.store.clear({ ...options, ...twin.writeOptions() })
  await twin.oracle.clear(options)
}

async function clearAll(twin: Twin): Promise<void> {
  twin.report.operations++
  await twin.store.clear(twin.writeOptions() ?? {})
  await twin.oracle.clear()
}

function operationsOf(twin: Twin, countMax: number): BatchOperation<unknown, unknown>[] {
  const { vocabulary, random } = twin
  const count = random.upTo(countMax)
  twin.report.operations += count
  return Array.from({ length: count }, () =>
    random.chance(0.75)
      ? { type: 'put', key: vocabulary.key(), value: vocabulary.value() }
      : { type: 'delete', key: vocabulary.key() },
  )
}
