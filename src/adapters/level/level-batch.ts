/** Batches of Level as those of the store: arrays as they come, chained ones filled call by call. */
import { AbstractChainedBatch } from 'abstract-level'
import type { BatchOperation, ChainedBatch } from '../../store/key-value-store.ts'
import { inTermsOfLevel, LevelError, throwLevelError } from './level-error.ts'
import { bytesOf, type LevelItem } from './level-format.ts'
import { type LevelWriteOptions, writeOptionsOf } from './write-options.ts'

/** An operation that abstract-level has encoded. */
export type LevelOperation = { readonly key: LevelItem; readonly sublevel?: unknown } & (
  | { readonly type: 'put'; readonly value: LevelItem }
  | { readonly type: 'del' }
)

type StoreOperation = BatchOperation<Uint8Array, Uint8Array>

/** The operations for the store; a put of bytes is one already. */
export function storeOperationsOf(operations: readonly LevelOperation[]): StoreOperation[] {
  return operations.map((operation) => {
    refuseForeignSublevel(operation)
    const { key } = operation
    if (operation.type === 'del') return { type: 'delete', key: bytesOf(key) }
    const { value } = operation
    if (typeof key !== 'string' && typeof value !== 'string') return operation as StoreOperation
    return { type: 'put', key: bytesOf(key), value: bytesOf(value) }
  })
}

export class LevelChainedBatch<Db, K, V> extends AbstractChainedBatch<Db, K, V> {
  readonly #batch: ChainedBatch<Uint8Array, Uint8Array>

  constructor(db: Db, batch: ChainedBatch<Uint8Array, Uint8Array>) {
    super(db)
    this.#batch = batch
  }

  protected _put(key: LevelItem, value: LevelItem, options: { readonly sublevel?: unknown }): void {
    refuseForeignSublevel(options)
    inTermsOfLevel(() => this.#batch.put(bytesOf(key), bytesOf(value)))
  }

  protected _del(key: LevelItem, options: { readonly sublevel?: unknown }): void {
    refuseForeignSublevel(options)
    inTermsOfLevel(() => this.#batch.delete(bytesOf(key)))
  }

  protected _clear(): void {
    this.#batch.clear()
  }

  protected async _write(options: LevelWriteOptions): Promise<void> {
    await this.#batch.write(writeOptionsOf(options)).catch(throwLevelError)
  }

  protected async _close(): Promise<void> {
    this.#batch.close()
  }
}

/**
 * abstract-level resolves sublevels of this database before it hands operations on. One that is left belongs to
 * another database, and its key has no prefix: it would go where nobody looks for it.
 */
function refuseForeignSublevel({ sublevel }: { readonly sublevel?: unknown }): void {
  if (sublevel === undefined || sublevel === null) return
  throw new LevelError('LEVEL_INVALID_ARGUMENT', 'the sublevel of an operation belongs to another database')
}
