/** Ranges of Level as those of the store; abstract-level has encoded the bounds already. */
import type { KeyBounds } from '../../store/key-value-store.ts'
import { bytesOf, type LevelItem } from './level-format.ts'

/** What abstract-level hands on for a walk or a `clear`. */
export interface LevelRange {
  readonly gt?: LevelItem | undefined
  readonly gte?: LevelItem | undefined
  readonly lt?: LevelItem | undefined
  readonly lte?: LevelItem | undefined
  readonly reverse: boolean
  /** -1: all. */
  readonly limit: number
  readonly snapshot?: unknown
}

/** The bounds that are there: for the store, one that is `undefined` in a `clear` is a mistake. */
export function boundsOf({ gt, gte, lt, lte }: LevelRange): KeyBounds<Uint8Array> {
  const bounds: { -readonly [N in keyof KeyBounds<Uint8Array>]: Uint8Array } = {}
  if (gt !== undefined) bounds.gt = bytesOf(gt)
  if (gte !== undefined) bounds.gte = bytesOf(gte)
  if (lt !== undefined) bounds.lt = bytesOf(lt)
  if (lte !== undefined) bounds.lte = bytesOf(lte)
  return bounds
}
