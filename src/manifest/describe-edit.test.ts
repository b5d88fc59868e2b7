import { expect, test } from 'vitest'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { describeEdit } from './describe-edit.ts'

test('describeEdit() says each change in a sentence', () => {
  const edit = {
    added: [{ level: 0, run: 9, meta: segmentMeta(9, 'a', 'b\n', { entryCount: 1, sizeBytes: 480 }) }],
    removed: [3],
    nextFileNumber: 12,
    flushedSequence: 70,
    restartSequence: 80,
    logNumbersAdded: [10, 11],
    lowestLiveLog: 10,
    settings: { order: 'bytes' },
    comment: 'after a full disk',
  }
  expect(describeEdit(edit)).toEqual([
    'removes segment 3',
    'adds segment 9 to run 9 of level 0: 1 entry in 480 bytes from "a" to "b\\x0a"',
    'log 10 may hold writes from now on',
    'log 11 may hold writes from now on',
    'logs below 10 are no longer needed',
    'segments hold everything up to sequence number 70',
    'writes go on from sequence number 80',
    'the next file gets number 12 or higher',
    'sets order to bytes',
    'comment: after a full disk',
  ])
})

test('describeEdit() calls a segment that is removed and added moved', () => {
  const edit = { added: [{ level: 2, run: 4, meta: segmentMeta(5, 'a', 'b') }], removed: [5, 6] }
  expect(describeEdit(edit)).toEqual(['removes segment 6', 'moves segment 5 to run 4 of level 2'])
})

test('describeEdit() says nothing of an edit that changes nothing', () => {
  expect(describeEdit({ added: [], removed: [] })).toEqual([])
  expect(describeEdit({ added: [], removed: [], flushedSequence: 0, lowestLiveLog: 0 })).toEqual([])
})
