/** Random moves on a store and on the model of it, compared after each. A failure names its seed. */
import { SeededRandom } from '../fs/seeded-random.ts'
import type { BatchOperation, Snapshot } from '../store/key-value-store.ts'
import { checkSame } from './checks.ts'
import { Model, type ModelRange } from './model.ts'
import { type AnyStore, listEntries, type Subject } from './subject.ts'

const seeds = [1, 2, 3]
const moveCount = 400
const keyCount = 40
const snapshotCountMax = 4

export function testRandomHistories(subject: Subject): void {
  for (const seed of seeds) {
    subject.test(`a random history (seed ${seed}) reads like the model of it`, async (store) => {
      const history = new History(subject, store, new SeededRandom(seed))
      for (let move = 1; move <= moveCount; move++) await history.move(`seed ${seed}, move ${move}`)
      history.close()
    })
  }
}

class History {
  readonly #subject: Subject
  readonly #store: AnyStore
  readonly #random: SeededRandom
  readonly #model: Model
  readonly #snapshots: { snapshot: Snapshot; past: Model }[] = []

  constructor(subject: Subject, store: AnyStore, random: SeededRandom) {
    this.#subject = subject
    this.#store = store
    this.#random = random
    this.#model = new Model(subject.keyEncoding)
  }

  /** One move, of which writes are the most frequent. `where` names it in a failure. */
  async move(where: string): Promise<void> {
    const moves = [
      () => this.#batch(),
      () => this.#batch(),
      () => this.#batch(),
      () => this.#put(),
      () => this.#put(),
      () => this.#delete(),
      () => this.#clear(),
      () => this.#readNow(where),
      () => this.#readNow(where),
      () => this.#readPast(where),
      () => this.#turnSnapshot(),
    ]
    await moves[this.#random.upTo(moves.length - 1)]?.()
  }

  close(): void {
    for (const { snapshot } of this.#snapshots) snapshot.close()
  }

  async #put(): Promise<void> {
    const [key, value] = [this.#key(), this.#value()]
    await this.#store.put(key, value)
    this.#model.put(key, value)
  }

  async #delete(): Promise<void> {
    const key = this.#key()
    await this.#store.delete(key)
    this.#model.delete(key)
  }

  async #batch(): Promise<void> {
    const operations = Array.from({ length: this.#random.upTo(12) }, (): BatchOperation<unknown, unknown> => {
      const key = this.#key()
      return this.#random.chance(0.7) ? { type: 'put', key, value: this.#value() } : { type: 'delete', key }
    })
    await this.#store.batch(operations)
    this.#model.apply(operations)
  }

  async #clear(): Promise<void> {
    const range = { ...this.#range(), limit: this.#random.upTo(5) }
    await this.#store.clear(range)
    this.#model.clear(range)
  }

  async #readNow(where: string): Promise<void> {
    await this.#compare(this.#model, where)
  }

  async #readPast(where: string): Promise<void> {
    for (const { snapshot, past } of this.#snapshots) await this.#compare(past, `${where}, past`, snapshot)
  }

  async #compare(model: Model, where: string, snapshot?: Snapshot): Promise<void> {
    const options = snapshot && { snapshot }
    const key = this.#key()
    checkSame(await this.#store.get(key, options), model.get(key), `get (${where})`)
    const range = this.#range()
    checkSame(
      await listEntries(this.#store, { ...range, ...options }),
      model.list(range),
      `a scan (${where})`,
    )
    const iterator = this.#store.entries({ ...range, ...options })
    iterator.seek(key)
    checkSame(await iterator.nextMany(keyCount), model.listFrom(range, key), `a scan after seek (${where})`)
    await iterator.close()
  }

  async #turnSnapshot(): Promise<void> {
    if (!this.#store.capabilities.snapshots) return
    if (this.#snapshots.length === snapshotCountMax) this.#snapshots.shift()?.snapshot.close()
    this.#snapshots.push({ snapshot: this.#store.snapshot(), past: this.#model.copy() })
  }

  #key(): unknown {
    return this.#subject.key(this.#random.upTo(keyCount))
  }

  #value(): unknown {
    return this.#subject.value(this.#random.upTo(10_000))
  }

  #range(): ModelRange {
    const names = ['gt', 'gte', 'lt', 'lte', 'prefix'].filter(() => this.#random.chance(0.25))
    return {
      ...Object.fromEntries(names.map((name) => [name, this.#key()])),
      reverse: this.#random.chance(0.5),
      ...(this.#random.chance(0.3) && { limit: this.#random.upTo(8) }),
    }
  }
}
