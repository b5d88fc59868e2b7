/**
 * How much space the tree of a table may take for entries still to come, at worst. Writers ask before they
 * write, so that no insert ever fails half way. Two limits hold at once, and the lower one counts:
 *
 * - *From now on.* Count a node as charged by the slots it has above half, and the first and last of a level,
 *   which may be nearly empty, by all their slots. A split takes away what `splitSlot` new slots have charged. So
 *   `n` new keys make at most `n / splitSlot` splits, and one more for each leaf that is there (it may be full,
 *   and one key splits it), and two more for the first and the last. There are never more splits than keys. The
 *   same holds for the inner nodes of a level, whose keys are the splits of the level below.
 * - *Seen from the end.* All nodes of a level, except the first and the last, are at least half full; and a level
 *   that one node can hold has one node.
 */
import { innerSizeBytes, leafSizeBytes, slotCountMax, splitSlot } from './table-layout.ts'

/** Levels that a tree can gain at most on its way from one leaf to a full arena. */
const newLevelCountMax = 5

/** Bytes of nodes that `newKeyCount` more keys may need in a tree of the given shape. */
export function nodeBytesFor(
  newKeyCount: number,
  keyCount: number,
  leafCount: number,
  innerCount: number,
  height: number,
): number {
  const splitsFromNow = leafCount + Math.ceil(newKeyCount / splitSlot)
  const splitsByTheEnd = Math.ceil((keyCount + newKeyCount) / splitSlot) - leafCount
  // Two more: the first and the last leaf.
  const newLeafCount = Math.min(newKeyCount, Math.min(splitsFromNow, splitsByTheEnd) + 2)
  const innerSplitsFromNow = Math.min(
    newLeafCount * (height + 1),
    innerCount + Math.ceil(newLeafCount / (splitSlot - 1)) + height + newLevelCountMax,
  )
  const innerAtEnd = innerCountFor(leafCount + newLeafCount)
  const newInnerCount = Math.min(innerSplitsFromNow, innerAtEnd - innerCount)
  return newLeafCount * leafSizeBytes + newInnerCount * innerSizeBytes
}

/** The most inner nodes that a tree of so many leaves can have. */
function innerCountFor(leafCount: number): number {
  let sum = 0
  let nodeCount = leafCount
  while (nodeCount > 1) {
    nodeCount = nodeCount <= slotCountMax ? 1 : Math.floor(nodeCount / splitSlot) + 1
    sum += nodeCount
  }
  return sum
}
