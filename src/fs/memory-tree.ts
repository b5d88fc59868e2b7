/** The folders and files of a memory file system: finding the way, and copies of the whole as after a death. */
import { type CrashProfile, crashImage } from './crash-image.ts'
import { MemoryDirectory, type MemoryNode, NameHistory } from './memory-directory.ts'
import { MemoryInode } from './memory-inode.ts'
import { SeededRandom } from './seeded-random.ts'
import { createSystemError } from './system-error.ts'

export interface CrashOptions {
  /** The same seed gives the same disk. */
  readonly seed: number
  readonly profile: CrashProfile
}

/** A place for a name. */
export interface MemoryPlace {
  readonly directory: MemoryDirectory
  /** Empty for the root itself. */
  readonly name: string
}

export class MemoryTree {
  #root = new MemoryDirectory()
  #names = new NameHistory()

  get root(): MemoryDirectory {
    return this.#root
  }

  /** Through it go all changes of names. */
  get names(): NameHistory {
    return this.#names
  }

  /** Throws `ENOENT` or `ENOTDIR` for `path` when something on the way is missing or a file. */
  directoryAt(path: string, syscall: string): MemoryDirectory {
    return this.#follow(partsOf(path), path, syscall)
  }

  /** Where the last name of `path` is or would be. Throws as {@link directoryAt} does. */
  placeOf(path: string, syscall: string): MemoryPlace {
    const parts = partsOf(path)
    const name = parts.pop() ?? ''
    return { directory: this.#follow(parts, path, syscall), name }
  }

  /** What is at a place. */
  nodeAt({ directory, name }: MemoryPlace): MemoryNode | undefined {
    return name === '' ? directory : directory.entries.get(name)
  }

  /** The bytes in all files that have a name. */
  sizeBytes(): number {
    let size = 0
    for (const inode of inodesBelow(this.#root)) size += inode.size
    return size
  }

  /** Everything written, with the same changes at risk. */
  killed(): MemoryTree {
    const copies = new Map<MemoryNode, MemoryNode>()
    const copyOf = (node: MemoryNode): MemoryNode =>
      copyNode(
        node,
        copies,
        copyOf,
        (inode) => inode.copy(),
        (directory) => directory.entries,
      )
    const tree = new MemoryTree()
    tree.#root = copyOf(this.#root) as MemoryDirectory
    tree.#names = this.#names.copy(copyOf)
    countNames(tree.#root)
    return tree
  }

  /** Everything synced, and of the rest what the seed chooses; nothing of it is at risk any more. */
  crashed({ seed, profile }: CrashOptions): MemoryTree {
    const random = new SeededRandom(seed)
    const listings = this.#names.afterCrash(random, profile)
    const copies = new Map<MemoryNode, MemoryNode>()
    const imageOf = (node: MemoryNode): MemoryNode =>
      copyNode(
        node,
        copies,
        imageOf,
        (inode) =>
          inode.isSynced ? inode.copy() : new MemoryInode(crashImage(inode.history(), random, profile)),
        (directory) => listings.get(directory) ?? directory.entries,
      )
    const tree = new MemoryTree()
    tree.#root = imageOf(this.#root) as MemoryDirectory
    countNames(tree.#root)
    return tree
  }

  #follow(parts: readonly string[], path: string, syscall: string): MemoryDirectory {
    let directory = this.#root
    for (const part of parts) {
      const node = directory.entries.get(part)
      if (node === undefined) throw createSystemError('ENOENT', syscall, path)
      if (node instanceof MemoryInode) throw createSystemError('ENOTDIR', syscall, path)
      directory = node
    }
    return directory
  }
}

/** The names on the way to `path`, from the root; there is no current directory, so all paths start there. */
export function partsOf(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}

/** Whether the way to `path` leads through `directory`. */
export function isBelow(path: string, directory: string): boolean {
  const [inner, outer] = [partsOf(path), partsOf(directory)]
  return inner.length > outer.length && outer.every((part, index) => part === inner[index])
}

/** Copies a node and what is below it, once, however many names lead there. */
function copyNode(
  node: MemoryNode,
  copies: Map<MemoryNode, MemoryNode>,
  copyOf: (node: MemoryNode) => MemoryNode,
  copyInode: (inode: MemoryInode) => MemoryInode,
  entriesOf: (directory: MemoryDirectory) => ReadonlyMap<string, MemoryNode>,
): MemoryNode {
  const known = copies.get(node)
  if (known !== undefined) return known
  if (node instanceof MemoryInode) {
    const inode = copyInode(node)
    copies.set(node, inode)
    return inode
  }
  const directory = new MemoryDirectory()
  copies.set(node, directory)
  for (const [name, child] of entriesOf(node)) directory.entries.set(name, copyOf(child))
  return directory
}

function countNames(directory: MemoryDirectory): void {
  for (const node of directory.entries.values()) {
    if (node instanceof MemoryDirectory) countNames(node)
    else node.referenceCount++
  }
}

function inodesBelow(directory: MemoryDirectory, found: Set<MemoryInode> = new Set()): Set<MemoryInode> {
  for (const node of directory.entries.values()) {
    if (node instanceof MemoryDirectory) inodesBelow(node, found)
    else found.add(node)
  }
  return found
}
