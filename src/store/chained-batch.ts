/**
 * A batch that is filled by calls. Each operation is checked and encoded when it is added, so a mistake shows at
 * its own line and what the caller does to its bytes afterwards changes nothing. The store gives the function
 * that writes the bytes.
 */
import type { Encoding } from '../encoding/encoding.ts'
import { ClosedError } from '../errors.ts'
import { checkBatchSize, checkWriteOptions } from './arguments.ts'
import { encodeKey, encodeValue } from './encode-arguments.ts'
import type { BatchOperation, ChainedBatch, WriteOptions } from './key-value-store.ts'

/** An operation whose key and value are bytes that nobody changes. */
export type EncodedOperation = BatchOperation<Uint8Array, Uint8Array>

/** What a batch needs of its store. */
export interface ChainedBatchParts<K, V> {
  readonly keyEncoding: Encoding<K>
  readonly valueEncoding: Encoding<V>
  /** Throws `ClosedError` when the store is closed. */
  checkOpen(): void
  /** Writes all or none. The operations are the store's to keep. */
  write(operations: readonly EncodedOperation[], options: WriteOptions | undefined): Promise<void>
}

export class EncodedChainedBatch<K, V> implements ChainedBatch<K, V> {
  readonly #parts: ChainedBatchParts<K, V>
  #operations: EncodedOperation[] = []
  #sizeBytes = 0
  #state: 'open' | 'written' | 'closed' = 'open'

  constructor(parts: ChainedBatchParts<K, V>) {
    this.#parts = parts
  }

  get length(): number {
    return this.#operations.length
  }

  put(key: K, value: V): this {
    this.#checkOpen()
    const keyBytes = encodeKey(this.#parts.keyEncoding, key)
    const valueBytes = encodeValue(this.#parts.valueEncoding, value)
    this.#add({ type: 'put', key: keyBytes, value: valueBytes }, keyBytes.length + valueBytes.length)
    return this
  }

  delete(key: K): this {
    this.#checkOpen()
    const keyBytes = encodeKey(this.#parts.keyEncoding, key)
    this.#add({ type: 'delete', key: keyBytes }, keyBytes.length)
    return this
  }

  clear(): this {
    this.#checkOpen()
    this.#operations = []
    this.#sizeBytes = 0
    return this
  }

  async write(options?: WriteOptions): Promise<void> {
    this.#checkOpen()
    checkWriteOptions('write', options)
    this.#state = 'written'
    await this.#parts.write(this.#operations, options)
  }

  close(): void {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    this.#operations = []
  }

  #add(operation: EncodedOperation, sizeBytes: number): void {
    checkBatchSize(this.#sizeBytes + sizeBytes)
    this.#operations.push(operation)
    this.#sizeBytes += sizeBytes
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw new ClosedError(`the batch was ${this.#state} and cannot be used again`)
    this.#parts.checkOpen()
  }
}
