/**
 * A random life of a VarveLevel beside the model: every answer is compared. Snapshots and iterators stay open for
 * thousands of moves, while the tiny MemTables of the store are flushed and its segments merged underneath.
 */
import { deepStrictEqual, ok } from 'node:assert/strict'
import type { AbstractIterator, AbstractLevel, AbstractSnapshot } from 'abstract-level'
import { VarveLevel } from '../../../src/adapters/level/varve-level.ts'
import { MemoryFileSystem } from '../../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../../src/store/log-structured-store.ts'
import { type Content, entriesIn, type ModelRange, ModelWalk } from './level-model.ts'

export interface LifeReport {
  operations: number
  flushes: number
  compactions: number
  reopens: number
  /** Answers of iterators and snapshots that both a flush and a compaction came to pass under. */
  crossedAnswers: number
}

/** A database or one of its sublevels. */
interface Place {
  readonly db: AbstractLevel<unknown, string, string>
  readonly prefix: string
}

/** How often the store had flushed and compacted when a reader was made. */
interface Birth {
  readonly flushes: number
  readonly compactions: number
}

interface OpenWalk extends Birth {
  readonly iterator: AbstractIterator<unknown, string, string>
  readonly model: ModelWalk
}

interface OpenSnapshot extends Birth {
  readonly snapshot: AbstractSnapshot
  readonly content: Content
}

type WeightedMove = [weight: number, move: (place: Place) => Promise<void>]

const tuning = {
  arenaSizeBytes: 64 * 1024,
  blockSizeBytes: 256,
  segmentSizeBytesMax: 16 * 1024,
  level0RunCount: 2,
  level1SizeBytes: 64 * 1024,
}
const keyCount = 400
const walksMax = 12
const snapshotsMax = 6

export class LevelLife {
  readonly report: LifeReport = { operations: 0, flushes: 0, compactions: 0, reopens: 0, crossedAnswers: 0 }
  readonly #random: SeededRandom
  readonly #level: VarveLevel
  readonly #places: readonly Place[]
  readonly #content = new Map<string, string>()
  #walks: OpenWalk[] = []
  #snapshots: OpenSnapshot[] = []

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    this.#level = new VarveLevel('/db', { fileSystem: new MemoryFileSystem(), tuning })
    const db = this.#level as unknown as Place['db']
    this.#places = [
      { db, prefix: '' },
      { db: db.sublevel('sub') as unknown as Place['db'], prefix: '!sub!' },
    ]
  }

  async run(operationCount: number): Promise<void> {
    await this.#level.open()
    this.#countEvents()
    const moves = this.#moves()
    while (this.report.operations < operationCount) {
      this.report.operations++
      await this.#chosen(moves)(this.#oneOf(this.#places))
    }
    await this.#compareAll()
    await this.#level.close()
  }

  #chosen(moves: readonly WeightedMove[]): WeightedMove[1] {
    let left = this.#random.fraction() * moves.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, move] of moves) {
      left -= weight
      if (left < 0) return move
    }
    return (place) => this.#get(place)
  }

  #moves(): WeightedMove[] {
    return [
      [30, (place) => this.#put(place)],
      [10, (place) => this.#delete(place)],
      [4, (place) => this.#batch(place)],
      [2, (place) => this.#chainedBatch(place)],
      [0.5, (place) => this.#clear(place)],
      [14, (place) => this.#get(place)],
      [3, (place) => this.#getMany(place)],
      [2, (place) => this.#openWalk(place)],
      [20, () => this.#stepWalk()],
      [1.5, () => this.#closeWalk()],
      [0.5, () => this.#openSnapshot()],
      [8, (place) => this.#readSnapshot(place)],
      [0.4, () => this.#closeSnapshot()],
      [0.05, () => this.#compact()],
      [0.02, () => this.#reopen()],
    ]
  }

  async #put({ db, prefix }: Place): Promise<void> {
    const [key, value] = [this.#key(), this.#value()]
    this.#content.set(prefix + key, value)
    await db.put(key, value)
  }

  async #delete({ db, prefix }: Place): Promise<void> {
    const key = this.#key()
    this.#content.delete(prefix + key)
    await db.del(key)
  }

  async #batch({ db, prefix }: Place): Promise<void> {
    const operations = Array.from({ length: this.#random.upTo(20) }, () => {
      const key = this.#key()
      if (this.#random.chance(0.3)) return { type: 'del' as const, key }
      return { type: 'put' as const, key, value: this.#value() }
    })
    for (const operation of operations) {
      if (operation.type === 'put') this.#content.set(prefix + operation.key, operation.value)
      else this.#content.delete(prefix + operation.key)
    }
    await db.batch(operations)
  }

  async #chainedBatch({ db, prefix }: Place): Promise<void> {
    const batch = db.batch()
    const [key, other, value] = [this.#key(), this.#key(), this.#value()]
    this.#content.set(prefix + key, value)
    this.#content.delete(prefix + other)
    await batch.put(key, value).del(other).write()
  }

  async #clear({ db, prefix }: Place): Promise<void> {
    const range = { ...this.#range(), limit: this.#random.upTo(30) }
    for (const [key] of entriesIn(this.#content, prefix, range)) this.#content.delete(prefix + key)
    await db.clear(range)
  }

  async #get({ db, prefix }: Place): Promise<void> {
    const key = this.#key()
    const expected = this.#content.get(prefix + key)
    deepStrictEqual(await db.get(key), expected, `get ${prefix}${key}`)
    deepStrictEqual(db.getSync(key), expected, `getSync ${prefix}${key}`)
    deepStrictEqual(await db.has(key), expected !== undefined, `has ${prefix}${key}`)
  }

  async #getMany({ db, prefix }: Place): Promise<void> {
    const keys = Array.from({ length: this.#random.upTo(10) }, () => this.#key())
    const expected = keys.map((key) => this.#content.get(prefix + key))
    deepStrictEqual(await db.getMany(keys), expected, 'getMany')
    deepStrictEqual(
      await db.hasMany(keys),
      expected.map((value) => value !== undefined),
      'hasMany',
    )
  }

  async #openWalk({ db, prefix }: Place): Promise<void> {
    if (this.#walks.length >= walksMax) await this.#closeWalk()
    const range = { ...this.#range(), ...(this.#random.chance(0.2) && { limit: this.#random.upTo(50) }) }
    const model = new ModelWalk(this.#content, prefix, range)
    this.#walks.push({ iterator: db.iterator(range), model, ...this.#now() })
  }

  async #stepWalk(): Promise<void> {
    const walk = this.#oneOf(this.#walks)
    if (walk === undefined) return
    const { iterator, model } = walk
    this.#countCrossed(walk)
    if (this.#random.chance(0.15)) {
      const target = this.#key()
      iterator.seek(target)
      model.seek(target)
    }
    if (this.#random.chance(0.5)) {
      deepStrictEqual(await iterator.next(), model.peek(1)[0], 'next')
      model.take(model.peek(1).length)
      return
    }
    const size = 1 + this.#random.upTo(30)
    const entries = await iterator.nextv(size, {})
    ok(entries.length > 0 || model.isOver, 'nextv gave nothing before the end')
    deepStrictEqual(entries, model.peek(size).slice(0, entries.length), 'nextv')
    model.take(entries.length)
  }

  async #closeWalk(): Promise<void> {
    const walk = this.#oneOf(this.#walks)
    this.#walks = this.#walks.filter((each) => each !== walk)
    await walk?.iterator.close()
  }

  async #openSnapshot(): Promise<void> {
    if (this.#snapshots.length >= snapshotsMax) await this.#closeSnapshot()
    const content = new Map(this.#content)
    this.#snapshots.push({ snapshot: this.#level.snapshot(), content, ...this.#now() })
  }

  async #readSnapshot({ db, prefix }: Place): Promise<void> {
    const open = this.#oneOf(this.#snapshots)
    if (open === undefined) return
    const { snapshot, content } = open
    this.#countCrossed(open)
    const key = this.#key()
    deepStrictEqual(await db.get(key, { snapshot }), content.get(prefix + key), 'get from a snapshot')
    if (this.#random.chance(0.9)) return
    const range = this.#range()
    const entries = await db.iterator({ ...range, snapshot }).all()
    deepStrictEqual(entries, entriesIn(content, prefix, range), 'all() from a snapshot')
  }

  async #closeSnapshot(): Promise<void> {
    const open = this.#oneOf(this.#snapshots)
    this.#snapshots = this.#snapshots.filter((each) => each !== open)
    await open?.snapshot.close()
  }

  async #compact(): Promise<void> {
    const [start, end] = [this.#key(), this.#key()].sort()
    await this.#level.compactRange(start as string, end as string)
    await this.#compareAll()
  }

  async #reopen(): Promise<void> {
    this.report.reopens++
    this.#walks = []
    this.#snapshots = []
    await this.#level.close()
    await this.#level.open()
    for (const { db } of this.#places) await db.open()
    this.#countEvents()
    await this.#compareAll()
  }

  async #compareAll(): Promise<void> {
    for (const { db, prefix } of this.#places) {
      deepStrictEqual(await db.iterator().all(), entriesIn(this.#content, prefix, {}), `all of "${prefix}"`)
    }
  }

  #countEvents(): void {
    const store = this.#level.store as LogStructuredStore<Uint8Array, Uint8Array>
    store.on('flushEnd', () => this.report.flushes++)
    store.on('compactionEnd', () => this.report.compactions++)
  }

  #now(): Birth {
    const { flushes, compactions } = this.report
    return { flushes, compactions }
  }

  #countCrossed({ flushes, compactions }: Birth): void {
    if (this.report.flushes > flushes && this.report.compactions > compactions) this.report.crossedAnswers++
  }

  #range(): ModelRange {
    const [first, second] = [this.#key(), this.#key()].sort() as [string, string]
    return {
      ...(this.#random.chance(0.6) && (this.#random.chance(0.5) ? { gt: first } : { gte: first })),
      ...(this.#random.chance(0.6) && (this.#random.chance(0.5) ? { lt: second } : { lte: second })),
      reverse: this.#random.chance(0.4),
    }
  }

  #key(): string {
    return `key-${this.#random.upTo(keyCount - 1)}`
  }

  #value(): string {
    const length = this.#random.chance(0.01) ? 5_000 : 20 + this.#random.upTo(180)
    return `${this.report.operations}:${'v'.repeat(length)}`
  }

  #oneOf<T>(list: readonly T[]): T {
    return list[this.#random.upTo(list.length - 1)] as T
  }
}
