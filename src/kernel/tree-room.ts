/**
 * How much space the tree of a table may take for entries still to come, at worst. Writers ask before they
 * write, so that no insert ever fails half way.
 *
 * A leaf that is there may be full, and one key splits it; from then on every leaf, the last excepted, has at
 * least `splitSlot` keys, so another `splitSlot` must come before it splits again. Hence `n` new keys split
 * leaves at most `n` times, and at most once a leaf plus `n / splitSlot` times. Seen from the end, all leaves
 * together cannot be more than all keys allow. The same holds for the inner nodes, whose keys are the splits of
 * the level below.
 */
import { innerSizeBytes, leafSizeBytes, splitSlot } from './table-layout.ts'

/** One node for each level a tree may grow by, and the last nodes of levels, which may be nearly empty. */
const spareInnerCount = 8

/** Bytes of nodes that `newKeyCount` more keys may need in a tree of the given shape. */
export function nodeBytesFor(
  newKeyCount: number,
  keyCount: number,
  leafCount: number,
  innerCount: number,
  height: number,
): number {
  const splitsByLeaf = leafCount + Math.ceil(newKeyCount / splitSlot)
  const leavesAllowed = Math.ceil((keyCount + newKeyCount) / splitSlot) - leafCount
  // One more: the first leaf of an empty tree, or the last leaf, which need not be half full.
  const leafSplits = Math.min(newKeyCount, splitsByLeaf, leavesAllowed) + 1
  const innerSplits = Math.min(
    leafSplits * (height + 1),
    innerCount + Math.ceil(leafSplits / (splitSlot - 1)),
  )
  return leafSplits * leafSizeBytes + (innerSplits + spareInnerCount) * innerSizeBytes
}
