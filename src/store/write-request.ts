/** Writes as the pipeline handles them: checked, measured, and with errors that name the operation at fault. */
import { InvalidArgumentError } from '../errors.ts'
import { checkOperation } from './arguments.ts'
import { encodeKey, encodeValue } from './encode-arguments.ts'
import { type EntryEncoder, entryOverheadBytes, rawEncoder } from './entry-encoder.ts'
import type { BatchOperation, Durability } from './key-value-store.ts'

/** Operations that are written whole or not at all. */
export interface WriteRequest<A, B> {
  readonly operations: readonly BatchOperation<A, B>[]
  readonly encoder: EntryEncoder<A, B>
  readonly durability: Durability
  /** A put or delete of its own: errors name its key and value without an index. */
  readonly isSingle: boolean
}

/**
 * An operation as bytes of our own: what the caller does to theirs while the write waits changes nothing.
 *
 * @throws {InvalidArgumentError} naming `key` or `value`.
 */
export function keptRequest<K, V>(
  operation: BatchOperation<K, V>,
  { keyEncoding, valueEncoding }: EntryEncoder<K, V>,
  durability: Durability,
): WriteRequest<Uint8Array, Uint8Array> {
  const key = encodeKey(keyEncoding, operation.key)
  const kept: BatchOperation<Uint8Array, Uint8Array> =
    operation.type === 'put'
      ? { type: 'put', key, value: encodeValue(valueEncoding, operation.value) }
      : { type: 'delete', key }
  return { operations: [kept], encoder: rawEncoder, durability, isSingle: true }
}

/** The most bytes the entries take, or something above `limit`. Checks the operations up to there. */
export function boundOf<A, B>(request: WriteRequest<A, B>, limit: number): number {
  const { length } = request.operations
  let bound = 0
  for (let i = 0; i < length && bound <= limit; i++) bound += boundOfOperation(request, i)
  return bound
}

function boundOfOperation<A, B>(request: WriteRequest<A, B>, i: number): number {
  const operation = request.operations[i] as BatchOperation<A, B>
  checkOperation(operation, i)
  try {
    return operation.type === 'put'
      ? request.encoder.preparePut(operation.key, operation.value)
      : request.encoder.prepareDelete(operation.key)
  } catch (error) {
    throw named(error, request, i)
  }
}

/** Bytes that the entry will really take, for batches too large to reserve their bound. */
export function exactSize<A, B>(request: WriteRequest<A, B>, i: number): number {
  boundOfOperation(request, i)
  const { encoder } = request
  const operation = request.operations[i] as BatchOperation<A, B>
  const keyLength = encoder.keyLengthOf(operation.key)
  if (operation.type === 'delete') return keyLength + entryOverheadBytes
  return keyLength + encoder.valueLengthOf(operation.value) + entryOverheadBytes
}

/** The error with the place of the operation in its message. */
export function named<A, B>(
  error: unknown,
  { operations, encoder, isSingle }: WriteRequest<A, B>,
  i: number,
): unknown {
  const operation = operations[i] as BatchOperation<A, B>
  if (!(error instanceof InvalidArgumentError)) return error
  const place = isSingle ? '' : `operations[${i}].`
  try {
    encodeKey(encoder.keyEncoding, operation.key, `${place}key`)
    if (operation.type === 'put') encodeValue(encoder.valueEncoding, operation.value, `${place}value`)
  } catch (better) {
    return better
  }
  return error
}
