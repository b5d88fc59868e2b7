/**
 * Directories of the memory file system, and the history of names that a crash needs: which creations, renames
 * and removals since the last sync could still be lost.
 */
import type { CrashProfile } from './crash-image.ts'
import type { MemoryInode } from './memory-inode.ts'
import type { SeededRandom } from './seeded-random.ts'

export class MemoryDirectory {
  readonly entries: Map<string, MemoryNode> = new Map()
}

export type MemoryNode = MemoryDirectory | MemoryInode

/** A name that came, went, or leads elsewhere. A rename is two changes with one sequence number. */
export interface NameChange {
  readonly sequence: number
  readonly directory: MemoryDirectory
  readonly name: string
  /** What the name led to, `undefined` when it was free. */
  readonly before: MemoryNode | undefined
  readonly after: MemoryNode | undefined
}

export class NameHistory {
  #changes: NameChange[] = []
  #lastSequence = 0
  /** In a journal everything up to here is on stable storage. */
  #committedSequence = 0

  get changes(): readonly NameChange[] {
    return this.#changes
  }

  /** Makes the changes now, as one step of the journal, and remembers them. */
  apply(...changes: readonly Omit<NameChange, 'sequence' | 'before'>[]): void {
    this.#lastSequence++
    for (const { directory, name, after } of changes) {
      const before = directory.entries.get(name)
      this.#changes.push({ sequence: this.#lastSequence, directory, name, before, after })
      setEntry(directory.entries, name, after)
    }
  }

  /** The names of this directory are durable from here on. */
  syncDirectory(directory: MemoryDirectory): void {
    this.#changes = this.#changes.filter((change) => change.directory !== directory)
    this.commitJournal()
  }

  /** Any sync writes the journal out; POSIX promises nothing of the kind. */
  commitJournal(): void {
    this.#committedSequence = this.#lastSequence
  }

  /** The same history in a copy of the tree; `copyOf` gives the copy of a node. */
  copy(copyOf: (node: MemoryNode) => MemoryNode): NameHistory {
    const copy = new NameHistory()
    copy.#lastSequence = this.#lastSequence
    copy.#committedSequence = this.#committedSequence
    copy.#changes = this.#changes.map((change) => ({
      sequence: change.sequence,
      directory: copyOf(change.directory) as MemoryDirectory,
      name: change.name,
      before: change.before && copyOf(change.before),
      after: change.after && copyOf(change.after),
    }))
    return copy
  }

  /**
   * What each directory may list after a crash: with `ordered`, the changes up to some moment; with `posix`,
   * every name as it was at some moment of its own. Directories without changes at risk are not in the answer.
   */
  afterCrash(random: SeededRandom, profile: CrashProfile): Map<MemoryDirectory, Map<string, MemoryNode>> {
    const listings = new Map<MemoryDirectory, Map<string, MemoryNode>>()
    const listingOf = (directory: MemoryDirectory): Map<string, MemoryNode> => {
      let listing = listings.get(directory)
      if (listing === undefined) {
        listing = new Map(directory.entries)
        listings.set(directory, listing)
      }
      return listing
    }
    if (profile === 'ordered') {
      const kept = this.#committedSequence + random.upTo(this.#lastSequence - this.#committedSequence)
      for (let index = this.#changes.length - 1; index >= 0; index--) {
        const { sequence, directory, name, before } = this.#changes[index]!
        if (sequence > kept) setEntry(listingOf(directory), name, before)
      }
      return listings
    }
    const chooseKept = keptChooser(random)
    for (const history of this.#changesByName()) {
      const keptCount = chooseKept(history.length)
      const node = keptCount === 0 ? history[0]!.before : history[keptCount - 1]!.after
      setEntry(listingOf(history[0]!.directory), history[0]!.name, node)
    }
    return listings
  }

  /** The changes of each name of each directory, oldest first. */
  #changesByName(): NameChange[][] {
    const byDirectory = new Map<MemoryDirectory, Map<string, NameChange[]>>()
    for (const change of this.#changes) {
      let byName = byDirectory.get(change.directory)
      if (byName === undefined) {
        byName = new Map()
        byDirectory.set(change.directory, byName)
      }
      const history = byName.get(change.name)
      if (history === undefined) byName.set(change.name, [change])
      else history.push(change)
    }
    return [...byDirectory.values()].flatMap((byName) => [...byName.values()])
  }
}

/** A choice of how many changes of one name are kept: none of any, all of each, or freely mixed. */
function keptChooser(random: SeededRandom): (changeCount: number) => number {
  const manner = random.upTo(3)
  if (manner === 0) return () => 0
  if (manner === 1) return (changeCount) => changeCount
  return (changeCount) => random.upTo(changeCount)
}

function setEntry(entries: Map<string, MemoryNode>, name: string, node: MemoryNode | undefined): void {
  if (node === undefined) entries.delete(name)
  else entries.set(name, node)
}
