/** The memory that all segments of a store share. */
import type { BlockCache } from './block-cache.ts'
import type { IndexBudget } from './index-budget.ts'

export interface SegmentCaches {
  readonly blocks: BlockCache
  readonly indexes: IndexBudget
}
