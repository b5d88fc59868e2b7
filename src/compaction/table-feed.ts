/** A sealed MemTable as a source of a merge. */

import type { EntryView } from '../entry/entry.ts'
import type { Arena } from '../kernel/memory-pool.ts'
import { WindowKind } from '../kernel/merge-layout.ts'
import type { MergeMachine } from '../kernel/merge-machine.ts'
import { RecordWalk } from '../memtable/record-walk.ts'
import { BlockWriter } from '../segment/block-writer.ts'
import { endSource, type MergeFeed, openWindow } from './merge-feed.ts'

export class TableFeed implements MergeFeed {
  readonly #walk: RecordWalk

  constructor(arena: Arena, blockSizeBytes: number) {
    this.#walk = new RecordWalk(arena, BlockWriter.entryLengthMax(blockSizeBytes))
  }

  get largeEntry(): EntryView | undefined {
    return this.#walk.largeEntry
  }

  fill(machine: MergeMachine, source: number): void {
    const records = this.#walk.next(machine.windowSizeBytes)
    if (records.length === 0) {
      endSource(machine, source)
      return
    }
    const start = machine.windowAt(source)
    machine.bytes.set(records, start)
    openWindow(machine, source, WindowKind.records, start, start + records.length)
  }

  close(): void {}
}
