/**
 * The merge kernel: takes entries from several sorted sources, drops those that nobody can see, and lays the rest
 * out as blocks of a segment. Everything that needs a file, or a decision that is not about one entry, is the
 * owner's: `run` goes on until it needs the owner, says why, and is called again. Its twin in plain TypeScript is
 * src/compaction/merge-job-runner.ts with what that stands on; both write the same bytes.
 */
import { xxh64 } from '../xxh64'
import { compareKeys } from './keys'
import {
  answerAt,
  boundaryKeyAt,
  boundaryLengthAt,
  entriesDroppedAt,
  entriesReadAt,
  entryBytesAt,
  hashResultAt,
  isSegmentOpenAt,
  keyAtByte,
  keyLengthByte,
  noBoundary,
  sourceCountAt,
  sourceIndexAt,
  sourceSizeBytes,
  sourcesAt,
  valueLengthByte,
} from './layout'
import { beginOrder, enroll, firstSource, heapify, removeFirst, reorderFirst, sourcesLeft } from './order'
import {
  add,
  added,
  beginSegment as beginCounts,
  finishLarge,
  finishBlocks as finishOpenBlock,
  isFull,
  isLarge,
  keysAreFull,
} from './segment'
import { advance, hasEntry, needsWindow } from './source'
import { beginSurvivors, goes, meet, outOfOrder, startsKey, unclear } from './survivors'

export { expandBlock } from './compressed-block'
export { fillFilter, fillHashIndex } from './segment'

// Why `run` returned; the numbers stand again in src/kernel/merge-machine.ts.
const budgetUsed: u32 = 0
const done: u32 = 1
/** Of source `sourceIndex`. */
const windowNeeded: u32 = 2
const outputFull: u32 = 3
const keyListFull: u32 = 4
/** May something deeper hold the key that source `sourceIndex` stands on? */
const tombstoneAsked: u32 = 5
/** That key lies behind the boundary: does the segment end before it? The owner also sets the next boundary. */
const boundaryPassed: u32 = 6
const segmentFull: u32 = 7
const segmentNeeded: u32 = 8
/** The entry of source `sourceIndex` needs a block of its own, at `fileOffset`, which the owner moves on. */
const largeEntry: u32 = 9
const orderBroken: u32 = 10

// Where the merge is between two calls.
const starting: u32 = 0
const moving: u32 = 1
const arrived: u32 = 2
const asked: u32 = 3
const kept: u32 = 4
const bounded: u32 = 5
const standing: u32 = 6
const layingOut: u32 = 7
const ended: u32 = 8

/** Entries between two looks of the owner at its clock. */
const entriesPerRun: u32 = 4096

let phase: u32 = ended
let startedCount: u32 = 0
/** The key of the entry written last is the one seen last. */
let hasWrittenKey: bool = false

/** Begins a merge of the sources, which have their first windows or are to ask for them. */
export function beginMerge(): void {
  phase = starting
  startedCount = 0
  hasWrittenKey = false
  store<u32>(entriesReadAt, 0)
  store<u32>(entriesDroppedAt, 0)
  store<u64>(entryBytesAt, 0)
  beginOrder()
  beginSurvivors()
}

/** A segment begins: the next entry goes into it. */
export function beginSegment(): void {
  beginCounts()
  hasWrittenKey = false
}

/** All entries of the open segment are there: lays out what is left of its last block. There must be room. */
export function finishBlocks(): void {
  finishOpenBlock()
}

/** Leaves the hash of a range in `hashResult`. */
export function hash(start: u32, end: u32, seedHigh: u32, seedLow: u32): void {
  store<u64>(hashResultAt, xxh64(start, end, ((<u64>seedHigh) << 32) | seedLow))
}

/** Goes on with the merge for about `byteBudget` bytes of keys and values, or until the owner is needed. */
export function run(byteBudget: u32): u32 {
  const byteLimit = load<u64>(entryBytesAt) + byteBudget
  let entriesLeft = entriesPerRun
  while (true) {
    if (phase === moving) {
      const source = firstSource()
      const state = advance(source)
      if (state === needsWindow) return exitAt(source, windowNeeded)
      if (state === hasEntry) reorderFirst()
      else removeFirst()
      phase = arrived
    } else if (phase === starting) {
      const count = load<u32>(sourceCountAt)
      for (; startedCount < count; startedCount += 1) {
        const source = load<u32>(sourcesAt) + startedCount * sourceSizeBytes
        const state = advance(source)
        if (state === needsWindow) return exitAt(source, windowNeeded)
        if (state === hasEntry) enroll(source)
      }
      heapify()
      phase = arrived
    }
    if (phase === arrived) {
      if (sourcesLeft() === 0) phase = ended
      else {
        const source = firstSource()
        store<u32>(entriesReadAt, load<u32>(entriesReadAt) + 1)
        store<u64>(
          entryBytesAt,
          load<u64>(entryBytesAt) + load<u32>(source, keyLengthByte) + load<u32>(source, valueLengthByte),
        )
        const fate = meet(source)
        if (startsKey()) hasWrittenKey = false
        if (fate === outOfOrder) return exitAt(source, orderBroken)
        if (fate === unclear) {
          phase = asked
          return exitAt(source, tombstoneAsked)
        }
        if (fate === goes) drop()
        else phase = kept
      }
    } else if (phase === asked) {
      if (load<u32>(answerAt) === 0) drop()
      else phase = kept
    }
    if (phase === ended) return done
    if (phase === kept) {
      if (startsKey() && isBehindBoundary(firstSource())) {
        phase = bounded
        return exitAt(firstSource(), boundaryPassed)
      }
      phase = standing
      if (isSegmentOver(false)) return segmentFull
    } else if (phase === bounded) {
      phase = standing
      if (isSegmentOver(load<u32>(answerAt) !== 0)) return segmentFull
    }
    if (phase === standing) {
      if (load<u32>(isSegmentOpenAt) === 0) return segmentNeeded
      const source = firstSource()
      const outcome = add(source, hasWrittenKey)
      if (outcome !== added) {
        if (outcome === keysAreFull) return keyListFull
        if (outcome !== isLarge) return outputFull
        phase = layingOut
        return exitAt(source, largeEntry)
      }
      hasWrittenKey = true
      phase = moving
    } else if (phase === layingOut) {
      finishLarge(firstSource(), hasWrittenKey)
      hasWrittenKey = true
      phase = moving
    }
    entriesLeft -= 1
    if (entriesLeft === 0 || load<u64>(entryBytesAt) >= byteLimit) return budgetUsed
  }
}

function exitAt(source: u32, reason: u32): u32 {
  store<u32>(sourceIndexAt, (source - load<u32>(sourcesAt)) / sourceSizeBytes)
  return reason
}

function drop(): void {
  store<u32>(entriesDroppedAt, load<u32>(entriesDroppedAt) + 1)
  phase = moving
}

function isBehindBoundary(source: u32): bool {
  const length = load<u32>(boundaryLengthAt)
  if (length === noBoundary) return false
  return (
    compareKeys(load<u32>(source, keyAtByte), load<u32>(source, keyLengthByte), boundaryKeyAt, length, 0) > 0
  )
}

/** Never within a key. */
function isSegmentOver(isCutHere: bool): bool {
  return load<u32>(isSegmentOpenAt) !== 0 && (isCutHere || (!hasWrittenKey && isFull()))
}
