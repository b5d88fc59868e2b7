/**
 * Bytes as they are. Takes any `Uint8Array`, a `Buffer` too, also over shared memory; gives plain `Uint8Array`s
 * on every platform. Small results share one larger `ArrayBuffer`: read them through their own offset and
 * length, and copy one (`value.slice()`) before transferring its buffer to another thread.
 */
import { copyRange } from '../bytes/copy-range.ts'
import { InvalidArgumentError } from '../errors.ts'
import { copyBytes } from './byte-slab.ts'
import { describeValue } from './describe-value.ts'
import type { Encoding } from './encoding.ts'

const accepts = 'a Uint8Array'

export const bytesEncoding: Encoding<Uint8Array> = {
  name: 'bytes',
  accepts,
  encode: (value) => copyBytes(value, 0, sizeBound(value)),
  decode: copyBytes,
  sizeBound,
  encodeInto(value, target, offset) {
    const length = value.length
    copyRange(value, 0, length, target, offset)
    return length
  },
}

/** Whether `value` is a `Uint8Array`, one of another realm (a `vm` context, a frame) included. */
export function isBytes(value: unknown): value is Uint8Array {
  if (value instanceof Uint8Array) return true
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
}

function sizeBound(value: Uint8Array): number {
  if (isBytes(value)) return value.length
  throw new InvalidArgumentError(`expected ${accepts}, got ${describeValue(value)}`)
}
