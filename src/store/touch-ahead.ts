/**
 * Has the maintenance thread touch the memory that writes are about to use. The system gives a process each page
 * of 4 KiB when it is touched for the first time, which takes 1 to 14 us where a hypervisor has a say: as long as
 * ten entries take otherwise. MemTables are filled from both ends, so that is where the thread goes ahead of them;
 * by no more than a few megabytes, since a store that is hardly written to should not take memory for nothing.
 */
import type { Arena } from '../kernel/memory-pool.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import type { MergeExecutor } from '../worker/merge-executor.ts'

const KiB = 1024
/** A store with less of its first arena in use is not worth a thread. */
const startShare = 16
/** How far the thread goes ahead of the entries, and of the tree, which grows several times more slowly. */
const entriesAheadBytes = 8 * KiB * KiB
const treeAheadBytes = 1024 * KiB

export class TouchAhead {
  readonly #executor: Pick<MergeExecutor, 'touch'>
  #table: MemTable | undefined
  /** When the active table has so many bytes of entries, the thread is sent ahead again. */
  #dueOffset = 0

  constructor(executor: Pick<MergeExecutor, 'touch'>) {
    this.#executor = executor
  }

  /** More was written to the active table. */
  note(active: MemTable): void {
    if (active !== this.#table) this.#begin(active)
    if (active.appendOffset >= this.#dueOffset) this.#goAhead(active)
  }

  #begin(active: MemTable): void {
    const isFirst = this.#table === undefined
    this.#table = active
    const { usedFrontBytes, usedBackBytes, sizeBytes } = active.arena
    const leastOffset = isFirst ? sizeBytes / startShare : 0
    this.#dueOffset = Math.max(leastOffset, usedFrontBytes - entriesAheadBytes / 2)
    if (usedFrontBytes + usedBackBytes >= sizeBytes) this.#dueOffset = Infinity
  }

  #goAhead({ arena, appendOffset, treeOffset }: MemTable): void {
    const end = Math.min(appendOffset + entriesAheadBytes, treeOffset)
    this.#touch(arena, appendOffset, end)
    this.#touch(arena, Math.max(treeOffset - treeAheadBytes, end), treeOffset)
    this.#dueOffset = end === treeOffset ? Infinity : appendOffset + entriesAheadBytes / 2
  }

  /** Has touched what is not used of a part of an arena. */
  #touch(arena: Arena, from: number, to: number): void {
    const start = Math.max(from, arena.usedFrontBytes)
    const end = Math.min(to, arena.sizeBytes - arena.usedBackBytes)
    if (start < end) this.#executor.touch(arena, start, end)
  }
}
