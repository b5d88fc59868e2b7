/** A sealed MemTable as a source of a merge. */

import type { EntryView } from '../entry/entry.ts'
import { sequenceNumberMax } from '../entry/entry.ts'
import { CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import type { Arena } from '../kernel/memory-pool.ts'
import type { MergeMachine } from '../kernel/merge-machine.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { type MergeFeed, RecordWindow } from './merge-feed.ts'

export class TableFeed implements MergeFeed {
  readonly #cursor: EntryCursor
  readonly #window: RecordWindow
  #state: CursorState | undefined

  constructor(arena: Arena, blockSizeBytes: number) {
    this.#cursor = MemTable.attach(arena).cursor({
      reverse: false,
      sequenceLimit: sequenceNumberMax,
      allVersions: true,
    })
    this.#window = new RecordWindow(blockSizeBytes)
  }

  get largeEntry(): EntryView | undefined {
    return this.#window.largeEntry
  }

  fill(machine: MergeMachine, source: number): void {
    const cursor = this.#cursor
    const window = this.#window
    window.begin(machine, source)
    let state = this.#state ?? cursor.rewind()
    while (state === CursorState.entry && window.add(machine, cursor.entry)) state = cursor.advance()
    this.#state = state
    window.end(machine, source)
  }

  close(): void {}
}
