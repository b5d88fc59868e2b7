/**
 * What every `KeyValueStore` must do, as tests for any runner with `describe` and `test`: for authors of stores and
 * of adapters. Each test opens a store of its own. What a store cannot do, by its `capabilities` and by not being
 * a `SyncKeyValueStore`, is passed over.
 *
 * @example
 * import { describe, test } from 'vitest'
 * testKeyValueStore({ describe, test, name: 'MyStore', open: (encodings) => MyStore.open(encodings) })
 */
import { testBatches } from './batches.ts'
import { testClosing } from './closing.ts'
import { testIterators } from './iterators.ts'
import { testRandomHistories } from './random-history.ts'
import { testRanges } from './ranges.ts'
import { testReadsAndWrites } from './reads-and-writes.ts'
import { testSeeking } from './seeking.ts'
import { testSnapshots } from './snapshots.ts'
import { type AnyStore, type EncodingPair, Subject } from './subject.ts'
import { testSyncCalls } from './sync-calls.ts'
import { testUpkeep } from './upkeep.ts'
import { testWrongArguments } from './wrong-arguments.ts'

export type { AnyStore, EncodingPair }

export interface KeyValueStoreSuite {
  /** Groups tests: `describe` of vitest, mocha, `node:test` … */
  describe(name: string, body: () => void): unknown
  /** Declares a test; it fails when the promise rejects. */
  test(name: string, body: () => Promise<void>): unknown
  /** The name of the store, for the titles of the groups. */
  readonly name: string
  /** Opens a new, empty store with these encodings. The suite closes it. */
  open(encodings: EncodingPair): AnyStore | Promise<AnyStore>
  /** Called when a store was closed: removes its files. */
  cleanUp?(store: AnyStore): void | Promise<void>
  /** The pairs of encodings to test with. Default: each encoding for keys and for values at least once. */
  readonly encodings?: readonly EncodingPair[]
}

const defaultEncodings: readonly EncodingPair[] = [
  { keyEncoding: 'utf8', valueEncoding: 'utf8' },
  { keyEncoding: 'bytes', valueEncoding: 'bytes' },
  { keyEncoding: 'json', valueEncoding: 'json' },
  { keyEncoding: 'tuple', valueEncoding: 'tuple' },
  { keyEncoding: 'utf8', valueEncoding: 'json' },
  { keyEncoding: 'tuple', valueEncoding: 'bytes' },
]

const parts: readonly [title: string, declare: (subject: Subject) => void][] = [
  ['reads and writes', testReadsAndWrites],
  ['batches', testBatches],
  ['ranges', testRanges],
  ['iterators', testIterators],
  ['seeking', testSeeking],
  ['snapshots', testSnapshots],
  ['calls without promises', testSyncCalls],
  ['upkeep', testUpkeep],
  ['wrong arguments', testWrongArguments],
  ['closing', testClosing],
  ['random histories', testRandomHistories],
]

/** Declares the tests. */
export function testKeyValueStore(suite: KeyValueStoreSuite): void {
  for (const encodings of suite.encodings ?? defaultEncodings) {
    const { keyEncoding, valueEncoding } = encodings
    const subject = new Subject(encodings, {
      test: (name, body) => suite.test(name, body),
      open: (pair) => suite.open(pair),
      cleanUp: (store) => suite.cleanUp?.(store),
    })
    suite.describe(`${suite.name} with ${keyEncoding} keys and ${valueEncoding} values`, () => {
      for (const [title, declare] of parts) suite.describe(title, () => declare(subject))
    })
  }
}
