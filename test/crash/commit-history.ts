/**
 * What a store was told to write, in the order in which it must commit it, and what it acknowledged. Knows which
 * contents a store may have after a crash: those that a prefix of the commits explains, long enough to hold all
 * that was promised.
 */
import type { Durability } from '../../src/store/key-value-store.ts'

/** `value` is `undefined` for a deletion. */
export interface Change {
  readonly key: string
  readonly value: string | undefined
}

/** Changes that are there whole or not at all. */
export interface Commit {
  readonly changes: readonly Change[]
  readonly durability: Durability
  outcome: 'open' | 'acknowledged' | 'rejected'
}

/** How many of the first commits must have survived: when the process was killed, and when the power failed. */
export interface Promised {
  readonly afterKill: number
  readonly afterPowerLoss: number
}

/** The content of a store: its entries, sorted by key. */
export type Content = readonly (readonly [string, string])[]

export class CommitHistory {
  /** The content below the first commit. */
  readonly #base: Content
  readonly #commits: Commit[] = []
  #afterKill = 0
  #afterPowerLoss = 0

  constructor(base: Content = []) {
    this.#base = base
  }

  get commits(): readonly Commit[] {
    return this.#commits
  }

  get promised(): Promised {
    return { afterKill: this.#afterKill, afterPowerLoss: this.#afterPowerLoss }
  }

  /** The history as it was when so many commits had begun and this was promised; later ones never happened. */
  until(begun: number, { afterKill, afterPowerLoss }: Promised): CommitHistory {
    const history = new CommitHistory(this.#base)
    history.#commits.push(...this.#commits.slice(0, begun))
    history.#afterKill = afterKill
    history.#afterPowerLoss = afterPowerLoss
    return history
  }

  /** The store is being told to write this now. */
  begin(changes: readonly Change[], durability: Durability): Commit {
    const commit: Commit = { changes, durability, outcome: 'open' }
    this.#commits.push(commit)
    return commit
  }

  /** The promise of the commit resolved: it and all before it survive what its durability says. */
  acknowledge(commit: Commit): void {
    commit.outcome = 'acknowledged'
    // A commit without changes writes nothing, so it brings nothing to the disk either.
    if (commit.changes.length === 0) return
    const count = this.#commits.indexOf(commit) + 1
    if (commit.durability !== 'memory') this.#afterKill = Math.max(this.#afterKill, count)
    if (commit.durability === 'disk') this.#afterPowerLoss = Math.max(this.#afterPowerLoss, count)
  }

  /** The first `count` commits are on stable storage, however that came. */
  reachedDisk(count: number = this.#commits.length): void {
    this.#afterKill = Math.max(this.#afterKill, count)
    this.#afterPowerLoss = Math.max(this.#afterPowerLoss, count)
  }

  /** What the first `count` commits make. */
  contentAfter(count: number): Content {
    const content = new Map(this.#base)
    for (const { changes } of this.#commits.slice(0, count)) applyTo(content, changes)
    return sorted(content)
  }

  /** The lengths of prefixes, `from` to `to`, that explain a content. */
  prefixesOf(found: Content, from: number, to: number = this.#commits.length): number[] {
    const wanted = new Map(found)
    const prefixes: number[] = []
    if (!isAscending(found)) return prefixes
    const content = new Map(this.#base)
    for (let count = 0; count <= to; count++) {
      if (count > 0) applyTo(content, (this.#commits[count - 1] as Commit).changes)
      if (count < from || content.size !== found.length) continue
      if (found.every(([key]) => content.get(key) === wanted.get(key))) prefixes.push(count)
    }
    return prefixes
  }

  /** How many of the first commits have so many changes together, the last of them whole. */
  commitsWithin(changeCount: number): number {
    let count = 0
    for (const { changes } of this.#commits) {
      changeCount -= changes.length
      if (changeCount < 0) break
      count++
    }
    return count
  }
}

function applyTo(content: Map<string, string>, changes: readonly Change[]): void {
  for (const { key, value } of changes) {
    if (value === undefined) content.delete(key)
    else content.set(key, value)
  }
}

function sorted(content: ReadonlyMap<string, string>): Content {
  return [...content].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Whether there are no two entries of one key, and all are in their order. */
function isAscending(content: Content): boolean {
  return content.every(
    ([key], index) => index === 0 || (content[index - 1] as (typeof content)[number])[0] < key,
  )
}
