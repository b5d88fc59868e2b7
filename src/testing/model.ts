/**
 * What a store must contain, kept in the plainest way: a list of entries, looked through from the start each
 * time. Shares no code with the stores but the encodings, which say how keys are ordered.
 */
import type { Encoding } from '../encoding/encoding.ts'
import type { BatchOperation, KeyBounds } from '../store/key-value-store.ts'

export interface ModelRange extends KeyBounds<unknown> {
  readonly reverse?: boolean
  readonly limit?: number
}

type Entry = [key: unknown, value: unknown]

export class Model {
  readonly #encoding: Encoding<unknown>
  /** By the text of the key's bytes, which sorts as the bytes do. */
  readonly #entries: Map<string, Entry>

  constructor(keyEncoding: Encoding<unknown>, entries: Map<string, Entry> = new Map()) {
    this.#encoding = keyEncoding
    this.#entries = entries
  }

  /** The same content, from now on apart. */
  copy(): Model {
    return new Model(this.#encoding, new Map(this.#entries))
  }

  get(key: unknown): unknown {
    return this.#entries.get(this.#textOf(key))?.[1]
  }

  put(key: unknown, value: unknown): void {
    this.#entries.set(this.#textOf(key), [key, value])
  }

  delete(key: unknown): void {
    this.#entries.delete(this.#textOf(key))
  }

  apply(operations: readonly BatchOperation<unknown, unknown>[]): void {
    for (const operation of operations) {
      if (operation.type === 'put') this.put(operation.key, operation.value)
      else this.delete(operation.key)
    }
  }

  clear(range: ModelRange): void {
    for (const [key] of this.list(range)) this.delete(key)
  }

  /** The entries of a range, in its order. */
  list(range: ModelRange = {}): Entry[] {
    const texts = [...this.#entries.keys()].sort().filter((text) => this.#isIn(range, text))
    if (range.reverse) texts.reverse()
    return texts.slice(0, range.limit).map((text) => this.#entries.get(text) as Entry)
  }

  /** The entries of a range from `target` on, in the order of the range. */
  listFrom(range: ModelRange, target: unknown): Entry[] {
    const from = this.#textOf(target)
    const { limit, ...unlimited } = range
    const entries = this.list(unlimited).filter(([key]) => {
      const text = this.#textOf(key)
      return range.reverse ? text <= from : text >= from
    })
    return entries.slice(0, limit)
  }

  #isIn({ gt, gte, lt, lte, prefix }: ModelRange, text: string): boolean {
    if (gte !== undefined ? text < this.#textOf(gte) : gt !== undefined && text <= this.#textOf(gt))
      return false
    if (lte !== undefined ? text > this.#textOf(lte) : lt !== undefined && text >= this.#textOf(lt))
      return false
    return prefix === undefined || text.startsWith(this.#textOf(prefix))
  }

  #textOf(key: unknown): string {
    return Array.from(this.#encoding.encode(key), (byte) => String.fromCharCode(byte)).join('')
  }
}
