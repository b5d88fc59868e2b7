/** The plain model of a Level: a map, pictures of it, and walks over a picture. */

export interface ModelRange {
  readonly gt?: string
  readonly gte?: string
  readonly lt?: string
  readonly lte?: string
  readonly reverse?: boolean
  readonly limit?: number
}

export type Content = ReadonlyMap<string, string>

/** The entries of a range whose keys start with `prefix`, which is left out of them. Keys are ASCII. */
export function entriesIn(content: Content, prefix: string, range: ModelRange): [string, string][] {
  const { gt, gte, lt, lte, reverse = false, limit = Number.POSITIVE_INFINITY } = range
  const keys = [...content.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
  const inRange = keys.filter((key) => {
    const aboveLower = gte !== undefined ? key >= gte : gt === undefined || key > gt
    const belowUpper = lte !== undefined ? key <= lte : lt === undefined || key < lt
    return aboveLower && belowUpper
  })
  inRange.sort((a, b) => (a < b ? -1 : 1))
  if (reverse) inRange.reverse()
  return inRange.slice(0, limit).map((key) => [key, content.get(prefix + key) as string])
}

/** What an iterator of Level must give, call by call. */
export class ModelWalk {
  readonly #entries: readonly [string, string][]
  readonly #reverse: boolean
  readonly #limit: number
  #position = 0
  #count = 0

  constructor(content: Content, prefix: string, range: ModelRange) {
    const { limit = Number.POSITIVE_INFINITY, ...unlimited } = range
    this.#entries = entriesIn(content, prefix, unlimited)
    this.#reverse = range.reverse ?? false
    this.#limit = limit
  }

  get isOver(): boolean {
    return this.#count >= this.#limit || this.#position >= this.#entries.length
  }

  /** The entries to come, at most `count`; {@link take} says how many of them were given. */
  peek(count: number): readonly [string, string][] {
    const fitting = Math.min(count, this.#limit - this.#count)
    return this.#entries.slice(this.#position, this.#position + fitting)
  }

  take(count: number): void {
    this.#position += count
    this.#count += count
  }

  seek(target: string): void {
    const found = this.#entries.findIndex(([key]) => (this.#reverse ? key <= target : key >= target))
    this.#position = found < 0 ? this.#entries.length : found
  }
}
