import { describe, expect, test } from 'vitest'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { applyEdit, emptyManifestState, type ManifestState, wholeStateEdit } from './manifest-state.ts'
import type { VersionEdit } from './version-edit.ts'

const nothing: VersionEdit = { added: [], removed: [] }

function stateAfter(...edits: Partial<VersionEdit>[]): ManifestState {
  return edits.reduce<ManifestState>(
    (state, edit) => applyEdit(state, { ...nothing, ...edit }),
    emptyManifestState,
  )
}

describe('applyEdit()', () => {
  test('never lets a number go back', () => {
    const state = stateAfter(
      { nextFileNumber: 9, flushedSequence: 50, restartSequence: 60, lowestLiveLog: 5 },
      { nextFileNumber: 7, flushedSequence: 40, restartSequence: 55, lowestLiveLog: 4 },
      {},
    )
    expect(state).toMatchObject({
      nextFileNumber: 9,
      flushedSequence: 50,
      restartSequence: 60,
      lowestLiveLog: 5,
    })
  })

  test('forgets logs below the lowest live one, also those that are named later', () => {
    const state = stateAfter(
      { logNumbersAdded: [5, 3] },
      { logNumbersAdded: [8] },
      { lowestLiveLog: 5 },
      { logNumbersAdded: [4] },
    )
    expect(state.logNumbers).toEqual([5, 8])
  })

  test('keeps the state that it began with', () => {
    stateAfter({ logNumbersAdded: [3], nextFileNumber: 9 })
    expect(emptyManifestState).toMatchObject({ logNumbers: [], nextFileNumber: 1, restartSequence: 1 })
  })
})

test('wholeStateEdit() makes the same state out of nothing', () => {
  const state = stateAfter(
    {
      added: [
        { level: 0, run: 4, meta: segmentMeta(4, 'a', 'c') },
        { level: 2, run: 1, meta: segmentMeta(5, 'd', 'e') },
        { level: 2, run: 1, meta: segmentMeta(6, 'f', 'g') },
      ],
    },
    { logNumbersAdded: [7, 9], lowestLiveLog: 6, nextFileNumber: 12, flushedSequence: 3, restartSequence: 8 },
  )
  expect(applyEdit(emptyManifestState, wholeStateEdit(state))).toEqual(state)
})
