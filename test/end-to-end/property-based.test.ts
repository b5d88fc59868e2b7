/** Properties of every content and every history, however odd. A failure prints its seed and a small example. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import type { BatchOperation, RangeOptions } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

type Bytes = Uint8Array
type BytesStore = LogStructuredStore<Bytes, Bytes>

const tuning = { arenaSizeBytes: 65_536, blockSizeBytes: 64, segmentSizeBytesMax: 4_096, level0RunCount: 2 }

/** Few different bytes, so that keys meet and contain each other. */
const anyKey = fc
  .array(fc.constantFrom(0, 1, 97, 255), { maxLength: 5 })
  .map((bytes) => Uint8Array.from(bytes))
const anyValue = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.nat({ max: 1_500 }).map((length) => new Uint8Array(length)),
)
const anyOperation: fc.Arbitrary<BatchOperation<Bytes, Bytes>> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key: anyKey, value: anyValue }),
  fc.record({ type: fc.constant('delete' as const), key: anyKey }),
)
const anyBatches = fc.array(fc.array(anyOperation, { maxLength: 8 }), { maxLength: 12 })
const anyRange: fc.Arbitrary<RangeOptions<Bytes>> = fc.record(
  {
    gt: anyKey,
    gte: anyKey,
    lt: anyKey,
    lte: anyKey,
    prefix: anyKey,
    reverse: fc.boolean(),
    limit: fc.nat({ max: 9 }),
  },
  { requiredKeys: [] },
)

function openOn(fileSystem: MemoryFileSystem): Promise<BytesStore> {
  return LogStructuredStore.open('/store', {
    keyEncoding: 'bytes',
    valueEncoding: 'bytes',
    tuning,
    fileSystem,
  })
}

/** What the operations leave, by the text of the key's bytes, which sorts as the bytes do. */
function contentOf(batches: readonly (readonly BatchOperation<Bytes, Bytes>[])[]): Map<string, Bytes> {
  const content = new Map<string, Bytes>()
  for (const operation of batches.flat()) {
    if (operation.type === 'put') content.set(textOf(operation.key), operation.value)
    else content.delete(textOf(operation.key))
  }
  return new Map([...content].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function readAll(store: BytesStore, range: RangeOptions<Bytes> = {}): Promise<[string, Bytes][]> {
  const entries: [string, Bytes][] = []
  for await (const [key, value] of store.entries(range)) entries.push([textOf(key), value])
  return entries
}

describe('property-based', () => {
  test('a store holds what was written last, also flushed, compacted, and opened again', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatches, fc.nat({ max: 12 }), async (batches, flushedAt) => {
        const fileSystem = new MemoryFileSystem()
        let store = await openOn(fileSystem)
        for (const [index, batch] of batches.entries()) {
          if (index === flushedAt) await store.flush()
          await store.batch(batch)
        }
        const expected = [...contentOf(batches)]
        expect(await readAll(store)).toEqual(expected)
        await store.close()
        store = await openOn(fileSystem)
        expect(await readAll(store)).toEqual(expected)
        await store.compact()
        expect(await readAll(store, { reverse: true })).toEqual(expected.reverse())
        await store.close()
      }),
      { numRuns: 100 },
    )
  })

  test('a scan gives the keys that its bounds allow, in order, however they are spread over tables and segments', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBatches,
        fc.array(anyRange, { minLength: 1, maxLength: 8 }),
        async (batches, ranges) => {
          const store = await openOn(new MemoryFileSystem())
          for (const [index, batch] of batches.entries()) {
            await store.batch(batch)
            if (index % 3 === 2) await store.flush()
          }
          const content = [...contentOf(batches)]
          for (const range of ranges) {
            const allowed = content.filter(([key]) => isAllowed(range, key))
            if (range.reverse) allowed.reverse()
            expect(await readAll(store, range)).toEqual(allowed.slice(0, range.limit))
          }
          await store.close()
        },
      ),
      { numRuns: 100 },
    )
  })

  test('what is found after a kill is what was acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatches, async (batches) => {
        const fileSystem = new MemoryFileSystem()
        const store = await openOn(fileSystem)
        for (const batch of batches) await store.batch(batch)
        const killed = fileSystem.killed()
        await store.close()
        const next = await openOn(killed)
        expect(await readAll(next)).toEqual([...contentOf(batches)])
        await next.close()
      }),
      { numRuns: 100 },
    )
  })

  test('clear() removes what a scan of the same range gives, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatches, anyRange, async (batches, range) => {
        const store = await openOn(new MemoryFileSystem())
        for (const batch of batches) await store.batch(batch)
        const removed = new Set((await readAll(store, range)).map(([key]) => key))
        await store.clear(range)
        const left = [...contentOf(batches)].filter(([key]) => !removed.has(key))
        expect(await readAll(store)).toEqual(left)
        await store.close()
      }),
      { numRuns: 100 },
    )
  })

  test('any text is a key and a value as it is', async () => {
    const anyText = fc.string({ unit: 'grapheme', maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(fc.dictionary(anyText, anyText), async (content) => {
        const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
        const operations = Object.entries(content).map(([key, value]) => ({
          type: 'put' as const,
          key,
          value,
        }))
        await store.batch(operations)
        for (const [key, value] of Object.entries(content)) expect(await store.get(key)).toBe(value)
        const entries = Object.fromEntries(await store.entries().nextMany(1_000))
        expect(entries).toEqual(content)
        await store.close()
      }),
      { numRuns: 100 },
    )
  })
})

function textOf(bytes: Bytes): string {
  return String.fromCharCode(...bytes)
}

function isAllowed({ gt, gte, lt, lte, prefix }: RangeOptions<Bytes>, key: string): boolean {
  if (gte !== undefined ? key < textOf(gte) : gt !== undefined && key <= textOf(gt)) return false
  if (lte !== undefined ? key > textOf(lte) : lt !== undefined && key >= textOf(lt)) return false
  return prefix === undefined || key.startsWith(textOf(prefix))
}
