/** Options of writes in Level as those of the store. */
import type { Durability, WriteOptions } from '../../store/key-value-store.ts'
import { LevelError } from './level-error.ts'

/** What puts, deletes and batches take beyond abstract-level's own options. */
export interface LevelWriteOptions {
  /** As in classic-level: wait until the disk has it. The same as `durability: 'disk'`. Default false. */
  readonly sync?: boolean | undefined
  /** What the write survives once its promise has resolved. Default: that of the database. */
  readonly durability?: Durability | undefined
}

const synced: WriteOptions = { durability: 'disk' }

export function writeOptionsOf({ sync, durability }: LevelWriteOptions): WriteOptions | undefined {
  if (durability === undefined) return sync ? synced : undefined
  if (!sync || durability === 'disk') return { durability }
  throw new LevelError(
    'LEVEL_INVALID_ARGUMENT',
    `sync: true asks for durability 'disk', not for '${durability}'; give one of them`,
  )
}
