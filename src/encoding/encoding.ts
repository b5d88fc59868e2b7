/**
 * How values of a type become bytes and come back. Keys are ordered by their bytes, so a key encoding decides
 * the order that scans see. An encoding never keeps or changes what it is given, and does not use the store that
 * it works for: calls that it makes there are refused with an `InvalidArgumentError`.
 */

export interface Encoding<T> {
  /** Shown in errors and in `status()`. */
  readonly name: string
  /** What {@link encode} accepts, in words, for error messages: "a string". */
  readonly accepts: string
  /** Bytes the caller may keep. Throws `InvalidArgumentError` for what it cannot represent. */
  encode(value: T): Uint8Array
  /**
   * Value of `bytes[start, end)`, sharing no memory with it. `ascii` promises that all bytes are below 128.
   * The bytes may lie in shared memory.
   */
  decode(bytes: Uint8Array, start: number, end: number, ascii: boolean): T
  /**
   * Fast path of writes: the most bytes that {@link encodeInto} may need for `value`. Throws
   * `InvalidArgumentError` like `encode`.
   */
  sizeBound?(value: T): number
  /** Fast path of writes: encodes at `offset` where `sizeBound(value)` bytes are free; returns the length. */
  encodeInto?(value: T, target: Uint8Array, offset: number): number
}

/** The encodings that options can call by name. */
export type EncodingName = 'utf8' | 'bytes' | 'json' | 'tuple'

/** A named encoding or an object that does the work. */
export type EncodingChoice<T> = EncodingName | Encoding<T> | CustomEncoding<T>

/**
 * The least a caller must give for an encoding of their own. Both functions run in the middle of a call of the
 * store, so they may use other stores only.
 */
export interface CustomEncoding<T> {
  readonly name?: string
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}
