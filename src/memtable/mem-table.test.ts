import { describe, expect, test } from 'vitest'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import { createEntryView, EntryKind } from '../entry/entry.ts'
import { CursorState } from '../entry/entry-cursor.ts'
import { encodedEntrySize } from '../entry/entry-layout.ts'
import { createOwnArena } from '../kernel/memory-pool.ts'
import { MemTable } from './mem-table.ts'

test('smoke', () => {
  const table = MemTable.create(createOwnArena(1 << 20), 100)
  const keys = ['', 'a', 'b', 'a\0', 'abcdefghijk', 'abcdefghij'].map((k) => new TextEncoder().encode(k))
  let sequence = 100
  for (const key of keys) {
    table.bytes.set(key, table.nextKeyPosition)
    const offset = table.appendEntry(sequence++, EntryKind.put, 0, key.length, 0)
    hashKey(key, 0, key.length)
    table.insertEntry(offset, keyHash.high, keyHash.low)
  }
  const view = createEntryView()
  for (const key of keys) {
    hashKey(key, 0, key.length)
    expect(table.find(key, 0, key.length, keyHash.high, keyHash.low, Infinity, view)).toBe(true)
  }
  const cursor = table.cursor({ reverse: false, allVersions: false, sequenceLimit: Infinity })
  const seen = []
  for (let s = cursor.rewind(); s === CursorState.entry; s = cursor.advance()) {
    seen.push(Buffer.from(cursor.entry.keyBytes.slice(cursor.entry.keyStart, cursor.entry.keyStart + cursor.entry.keyLength)).toString())
  }
  expect(seen).toEqual([...keys].sort(compareBytes).map((k) => Buffer.from(k).toString()))
})
