/**
 * The two kernels side by side: the same entries, and then the same bytes and the same answers. In the memory of
 * WebAssembly both of them work by turns, so that each goes on with what the other has begun.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CreateArena, createWasmArena } from '../../test/support/kernels.ts'
import { type KeyShape, keyShapes } from '../../test/support/key-shapes.ts'
import { EntryKind, keyLengthMax } from '../entry/entry.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import type { Kernel } from './kernel.ts'
import { kernelOf } from './kernel-instances.ts'
import {
  gatheredEndWord,
  gatheredEntryWord,
  gatheredHeaderSizeBytes,
  gatheredLargeWord,
  gatheredSlotWord,
  scratchSizeWord,
} from './memory-layout.ts'
import { createOwnArena } from './memory-pool.ts'
import { WindowRecord } from './merge-layout.ts'
import { PlainKernel } from './plain-kernel.ts'
import {
  appendOffsetWord,
  baseSequenceHighWord,
  baseSequenceLowWord,
  entryHeaderSizeBytes,
  keyCountWord,
  leafCountWord,
  visibleDeltaWord,
} from './table-layout.ts'

/** Sequence numbers pass 32 bits a few entries later. */
const baseSequence = 5 * 2 ** 32 - 20

/** A table as bytes, and whoever works on it. */
class Side {
  readonly base: number
  readonly #sizeBytes: number
  readonly #kernels: readonly Kernel[]
  /** Works on the table now. */
  kernel: Kernel

  constructor(createArena: CreateArena, sizeBytes: number, withPlain: boolean) {
    const arena = createArena(sizeBytes)
    this.base = arena.base
    this.#sizeBytes = arena.sizeBytes
    this.kernel = kernelOf(arena.memory)
    const { buffer, keyPosition, words } = this.kernel
    const plain = new PlainKernel(buffer, keyPosition, words[scratchSizeWord] as number)
    this.#kernels = withPlain ? [this.kernel, plain] : [this.kernel]
    this.kernel.bytes.fill(0, this.base, this.base + this.#sizeBytes)
    this.kernel.createTable(this.base, this.#sizeBytes, false)
    this.setWord(baseSequenceLowWord, baseSequence % 2 ** 32)
    this.setWord(baseSequenceHighWord, Math.floor(baseSequence / 2 ** 32))
  }

  takeTurns(turn: number): void {
    this.kernel = this.#kernels[turn % this.#kernels.length] as Kernel
  }

  bytes(): Uint8Array {
    return this.kernel.bytes.subarray(this.base, this.base + this.#sizeBytes)
  }

  word(word: number): number {
    return this.kernel.words[(this.base >>> 2) + word] as number
  }

  setWord(word: number, value: number): void {
    this.kernel.words[(this.base >>> 2) + word] = value
  }

  append(key: Uint8Array, valueLength: number, delta: number, kind: EntryKind): void {
    const { words, bytes } = this.kernel
    const offset = this.word(appendOffsetWord)
    const word = (this.base + offset) >>> 2
    words[word + 1] = delta
    words[word + 2] = key.length | (kind << 16) | ((delta % 4) << 24)
    words[word + 3] = valueLength
    bytes.set(key, this.base + offset + entryHeaderSizeBytes)
    words[(this.base >>> 2) + appendOffsetWord] =
      (offset + entryHeaderSizeBytes + key.length + valueLength + 3) & ~3
  }

  answers(key: Uint8Array, deltaLimit: number): number[] {
    const { kernel, base } = this
    const at = kernel.keyPosition
    kernel.bytes.set(key, at)
    const seeks = [false, true].flatMap((strict) => [
      kernel.positionAtOrAfter(base, at, key.length, strict),
      kernel.positionAtOrBefore(base, at, key.length, strict),
    ])
    return [kernel.findEntry(base, at, key.length, deltaLimit), ...seeks]
  }

  /** The records of a merge, put together in spaces of one size: what each space held, and where it ended. */
  gather(sizeBytes: number, lengthMax: number): Gathered[] {
    const { kernel, base } = this
    const { words, bytes, recordsPosition } = kernel
    const state = recordsPosition >>> 2
    const start = recordsPosition + gatheredHeaderSizeBytes
    const gathered: Gathered[] = []
    let [slot, entry] = [kernel.firstPosition(base), 0]
    bytes.fill(0xee, start + sizeBytes, start + sizeBytes + 64)
    while (slot !== 0) {
      kernel.gatherRecords(base, slot, entry, sizeBytes, lengthMax)
      const end = words[state + gatheredEndWord] as number
      slot = words[state + gatheredSlotWord] as number
      entry = words[state + gatheredEntryWord] as number
      const large = words[state + gatheredLargeWord] as number
      gathered.push({ records: recordsIn(bytes.slice(start, end)), large, slot, entry })
    }
    // A copy may write a little past the end.
    const behind = bytes.slice(start + sizeBytes + 16, start + sizeBytes + 64)
    expect(behind.every((byte) => byte === 0xee)).toBe(true)
    return gathered
  }

  walk(): number[] {
    const { kernel, base } = this
    const entries: number[] = []
    for (let at = kernel.firstPosition(base); at !== 0; at = kernel.nextPosition(base, at))
      entries.push(kernel.entryAt(base, at))
    return entries
  }
}

interface Gathered {
  readonly records: string[]
  readonly large: number
  readonly slot: number
  readonly entry: number
}

/** Each record as text: header, key, and its value unless that stayed elsewhere. */
function recordsIn(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer)
  const records: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const flags = view.getUint32(at + WindowRecord.flags, true)
    const keyLength = view.getUint32(at + WindowRecord.keyLength, true)
    const valueLength = view.getUint32(at + WindowRecord.valueLength, true)
    const content = keyLength + ((flags & WindowRecord.valueElsewhere) === 0 ? valueLength : 0)
    const end = at + WindowRecord.headerSizeBytes + content
    const sequence = view.getBigUint64(at + WindowRecord.sequence, true)
    const parts = [sequence, flags, keyLength, valueLength]
    records.push(
      [...parts, Buffer.from(bytes.subarray(at + WindowRecord.headerSizeBytes, end)).toString('hex')].join(
        ' ',
      ),
    )
    at = Math.ceil(end / 8) * 8
  }
  return records
}

class Twins {
  readonly #random: SeededRandom
  readonly #plain: Side
  readonly #compiled: Side
  #delta = 0

  constructor(random: SeededRandom, sizeBytes: number) {
    this.#random = random
    this.#plain = new Side(createOwnArena, sizeBytes, false)
    this.#compiled = new Side(createWasmArena, sizeBytes, true)
  }

  get leafCount(): number {
    return this.#plain.word(leafCountWord)
  }

  insert(keys: readonly Uint8Array[]): void {
    const random = this.#random
    const from = this.#plain.word(appendOffsetWord)
    for (const key of keys) {
      const kind = random.chance(0.1) ? EntryKind.tombstone : EntryKind.put
      const valueLength = random.upTo(9)
      for (const side of [this.#plain, this.#compiled]) side.append(key, valueLength, this.#delta, kind)
      this.#delta += 1
    }
    const to = this.#plain.word(appendOffsetWord)
    this.#compiled.takeTurns(random.upTo(1))
    for (const side of [this.#plain, this.#compiled])
      expect(side.kernel.insertRange(side.base, from, to)).toBe(to)
  }

  expectSame(keys: readonly Uint8Array[]): void {
    const [plain, compiled] = [this.#plain, this.#compiled]
    expect(Buffer.compare(plain.bytes(), compiled.bytes())).toBe(0)
    for (const turn of [0, 1]) {
      compiled.takeTurns(turn)
      for (const key of keys) {
        const deltaLimit = this.#random.upTo(this.#delta + 1) - 1
        expect(compiled.answers(key, deltaLimit)).toEqual(plain.answers(key, deltaLimit))
      }
    }
    const walked = plain.walk()
    expect(compiled.walk().join()).toBe(walked.join())
    expect(walked).toHaveLength(plain.word(keyCountWord))
    this.#expectSameRecords()
  }

  /** In spaces from one record of any key on, with and without values that stay elsewhere, all or fewer visible. */
  #expectSameRecords(): void {
    const random = this.#random
    const [plain, compiled] = [this.#plain, this.#compiled]
    const sizeBytes = 66_000 + random.upTo(20_000)
    const lengthMax = random.chance(0.5) ? 70_000 : random.upTo(12)
    const visible = random.chance(0.5) ? 0x7fff_ffff : random.upTo(this.#delta)
    for (const side of [plain, compiled]) side.setWord(visibleDeltaWord, visible)
    compiled.takeTurns(0)
    const expected = plain.gather(sizeBytes, lengthMax)
    expect(compiled.gather(sizeBytes, lengthMax)).toEqual(expected)
    const count = expected.reduce((sum, { records }) => sum + records.length, 0)
    expect(count).toBe(visible >= this.#delta ? this.#delta : Math.min(this.#delta, visible + 1))
    for (const side of [plain, compiled]) side.setWord(visibleDeltaWord, 0x7fff_ffff)
  }
}

/** Keys as long as keys can be, which differ near one of their ends. */
const longKeys: KeyShape = (random) => {
  const key = new Uint8Array(keyLengthMax - random.upTo(2)).fill(7)
  key[random.chance(0.5) ? key.length - 1 - random.upTo(9) : random.upTo(9)] = random.upTo(255)
  return key
}

/** Drives both with `batchCount` batches of keys of one shape, now and then a key of another. */
function compare(
  seed: number,
  shape: KeyShape,
  batchCount: number,
  batchLengthMax: number,
  sizeBytes: number,
): Twins {
  const random = new SeededRandom(seed)
  const twins = new Twins(random, sizeBytes)
  const others = Object.values(keyShapes)
  const strangerRate = random.chance(0.5) ? 0 : 0.02
  const used: Uint8Array[] = [new Uint8Array(0)]
  const keyCount = batchCount * batchLengthMax
  const makeKey = (index: number): Uint8Array => {
    if (random.chance(0.1)) return used[random.upTo(used.length - 1)] as Uint8Array
    const stranger = others[random.upTo(others.length - 1)] as KeyShape
    return (random.chance(strangerRate) ? stranger : shape)(random, index, keyCount)
  }
  let index = 0
  for (let batch = 0; batch < batchCount; batch += 1) {
    const keys = Array.from({ length: 1 + random.upTo(batchLengthMax - 1) }, () => makeKey(index++))
    used.push(...keys)
    twins.insert(keys)
    if (batch % 8 !== 0 && batch !== batchCount - 1) continue
    const asked = Array.from({ length: 20 }, () => makeKey(index))
    // One byte more or less than a key that is there.
    const near = asked.flatMap((key) => [key.subarray(0, -1), Uint8Array.of(...key.subarray(0, 99), 0)])
    twins.expectSame([...asked, ...near])
  }
  return twins
}

describe.each(Object.entries(keyShapes))('keys of one shape: %s', (_name, shape) => {
  test('make the same bytes and answers', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 120 }), (seed, batchLengthMax) => {
        compare(seed, shape, 50, batchLengthMax, 2 ** 20)
      }),
      { numRuns: 6 },
    )
  })
})

test('keys of the greatest length make the same bytes and answers', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      compare(seed, longKeys, 20, 12, 2 ** 24)
    }),
    { numRuns: 2 },
  )
})

test.each(['random letters', 'ascending numbers', 'descending numbers', 'several ascending streams'])(
  'trees of more than two levels, too: %s',
  (name) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const twins = compare(seed, keyShapes[name] as KeyShape, 24, 1200, 2 ** 22)
        expect(twins.leafCount).toBeGreaterThan(64)
      }),
      { numRuns: 1 },
    )
  },
)
