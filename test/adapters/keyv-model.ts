/** What one namespace of Keyv holds, as simply as it can be said: a map, and a clock that says what has expired. */
import type { StillTime } from '../support/still-time.ts'

interface ModelValue {
  readonly value: string
  readonly expiresMs: number
}

export class KeyvModel {
  readonly #values = new Map<string, ModelValue>()
  readonly #time: StillTime

  constructor(time: StillTime) {
    this.#time = time
  }

  get(key: string): string | undefined {
    const found = this.#values.get(key)
    return found === undefined || this.#time.wallTimeMs() > found.expiresMs ? undefined : found.value
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  set(key: string, value: string, ttlMs: number = Number.POSITIVE_INFINITY): void {
    this.#values.set(key, { value, expiresMs: this.#time.wallTimeMs() + ttlMs })
  }

  delete(key: string): boolean {
    const wasThere = this.has(key)
    this.#values.delete(key)
    return wasThere
  }

  clear(): void {
    this.#values.clear()
  }

  entries(): [string, string][] {
    const visible = [...this.#values.keys()].filter((key) => this.has(key))
    const sorted = visible.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return sorted.map((key) => [key, this.get(key) as string])
  }
}
