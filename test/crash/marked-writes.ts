/**
 * Writes that can be told from one another in what is found later: each puts a key that no other touches. So it
 * shows which of them survived, also where some were rejected.
 */
import type { Durability } from '../../src/store/key-value-store.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { Content } from './commit-history.ts'

export interface MarkedWrite {
  readonly changes: readonly (readonly [string, string])[]
  readonly durability: Durability
  outcome: 'open' | 'acknowledged' | 'rejected'
  /** Why it was rejected. */
  error: unknown
}

const sharedKeys = 5

export class MarkedWrites {
  readonly all: MarkedWrite[] = []
  readonly #outstanding = new Set<Promise<void>>()

  /** Begins a write of its mark and a few shared keys with about `sizeBytes`. Its promise never rejects. */
  begin(store: LogStructuredStore, durability: Durability, sizeBytes: number): Promise<void> {
    const write = this.#add(durability, sizeBytes)
    const [first] = write.changes
    const written =
      write.changes.length === 1 && first !== undefined
        ? store.put(first[0], first[1], { durability })
        : store.batch(operationsOf(write), { durability })
    const followed = written.then(
      () => settleAs(write, 'acknowledged'),
      (error: unknown) => settleAs(write, 'rejected', error),
    )
    this.#outstanding.add(followed)
    void followed.then(() => this.#outstanding.delete(followed))
    return followed
  }

  /** The same, blocking. Does not throw. */
  beginSync(store: LogStructuredStore, durability: Durability, sizeBytes: number): void {
    const write = this.#add(durability, sizeBytes)
    try {
      store.batchSync(operationsOf(write), { durability })
      settleAs(write, 'acknowledged')
    } catch (error) {
      settleAs(write, 'rejected', error)
    }
  }

  /** The writes so far with their outcomes so far, for a disk as it is now. */
  copy(): MarkedWrites {
    const copy = new MarkedWrites()
    copy.all.push(...this.all.map((write) => ({ ...write })))
    return copy
  }

  /** Writes that only memory held may be there or not from now on. */
  giveUpMemory(): void {
    for (const write of this.all) if (write.durability === 'memory') write.outcome = 'rejected'
  }

  get isWaiting(): boolean {
    return this.#outstanding.size > 0
  }

  /** Resolves when every write begun is acknowledged or rejected. */
  async settled(): Promise<void> {
    while (this.#outstanding.size > 0) await Promise.all([...this.#outstanding])
  }

  /**
   * What is wrong with a content, or `undefined`: every write is there whole or not at all, those that `mustBeThere`
   * are, none that `mustBeAbsent` is, and none that was not rejected is there while an earlier one is missing.
   */
  complaintAbout(
    found: Content,
    mustBeThere: (write: MarkedWrite) => boolean,
    mustBeAbsent: (write: MarkedWrite) => boolean = () => false,
  ): string | undefined {
    const content = new Map(found)
    const expected = new Map<string, string>()
    let missing = -1
    for (const [index, write] of this.all.entries()) {
      const isThere = content.get(markOf(index)) !== undefined
      const name = `write ${index} (${write.durability}, ${write.outcome})`
      if (!isThere && mustBeThere(write)) return `${name} is lost`
      if (isThere && mustBeAbsent(write)) return `${name} was refused, and is there`
      if (isThere && missing >= 0 && write.outcome !== 'rejected')
        return `${name} is there, ${missing} is not`
      if (!isThere && write.outcome !== 'rejected' && missing < 0) missing = index
      if (isThere) for (const [key, value] of write.changes) expected.set(key, value)
    }
    for (const [key, value] of expected) {
      if (content.get(key) !== value)
        return `${key} holds ${content.get(key)?.slice(0, 12)}, not ${value.slice(0, 12)}`
    }
    return content.size === expected.size ? undefined : 'there are keys that nobody wrote'
  }

  #add(durability: Durability, sizeBytes: number): MarkedWrite {
    const index = this.all.length
    const value = `${index}.`.padEnd(Math.max(8, Math.floor(sizeBytes / 3)), 'x')
    const changes: [string, string][] = [[markOf(index), value]]
    if (index % 3 !== 0) {
      changes.push([`shared-${index % sharedKeys}`, value], [`shared-${(index * 3) % sharedKeys}`, value])
    }
    const write: MarkedWrite = { changes, durability, outcome: 'open', error: undefined }
    this.all.push(write)
    return write
  }
}

function settleAs(write: MarkedWrite, outcome: MarkedWrite['outcome'], error?: unknown): void {
  write.outcome = outcome
  write.error = error
}

function operationsOf({ changes }: MarkedWrite): { type: 'put'; key: string; value: string }[] {
  return changes.map(([key, value]) => ({ type: 'put', key, value }))
}

function markOf(index: number): string {
  return `mark-${String(index).padStart(4, '0')}`
}
