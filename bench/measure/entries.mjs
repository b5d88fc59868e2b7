/**
 * Keys and values that are made from a number, so that every one can be made again and nothing has to be kept.
 *
 * A key is 16 hexadecimal digits: 8 that decide the order, then the number. Where the order is `sequential` the
 * first 8 are zeros, so keys come in the order of their numbers and share their first half; where it is `random`
 * they are the number scrambled, so that numbers in sequence are keys all over the range.
 *
 * A value starts with the number (8 digits) and its version (4), goes on with text that does not compress up to
 * half its length, and ends in a filler that does. Everything is ASCII, so that the same bytes serve as text.
 * Writing a key and a value into buffers that are there costs well under 0.2 us; the do-nothing engine shows it.
 */
import { randomFrom } from './random.mjs'

export const keyLength = 16
const headLength = 12
const digits = Buffer.from('0123456789abcdef', 'latin1')
const filler = Buffer.from('-one-year-of-sediment', 'latin1')
const poolLength = 1 << 20
const longestFresh = 1 << 16
const pool = makePool()

/** @typedef {'sequential' | 'random'} KeyOrder */

/** The entries of one data set: keys in one order, values of one length. */
export class Entries {
  #tail

  /** @param {{ order?: KeyOrder, valueLength?: number }} [shape] */
  constructor({ order = 'random', valueLength = 100 } = {}) {
    this.order = order
    this.valueLength = valueLength
    this.freshLength = Math.max(headLength, valueLength >> 1)
    this.entryLength = keyLength + valueLength
    this.#tail = Buffer.alloc(valueLength, filler)
    this.#expected = Buffer.allocUnsafe(valueLength)
    this.#expectedKey = Buffer.allocUnsafe(keyLength)
  }

  #expected
  #expectedKey

  /** A buffer for keys, to be written over again and again. */
  newKey() {
    return Buffer.alloc(keyLength)
  }

  /** A buffer for values, its filler in place. */
  newValue() {
    return Buffer.from(this.#tail)
  }

  /**
   * @param {Buffer} key a buffer from `newKey`
   * @param {number} number
   */
  writeKey(key, number) {
    writeHex(key, 0, this.order === 'random' ? scramble(number) : 0)
    writeHex(key, 8, number)
  }

  /**
   * @param {Buffer} value a buffer from `newValue`
   * @param {number} number
   * @param {number} version below 65,536
   */
  writeValue(value, number, version = 0) {
    writeHex(value, 0, number)
    for (let i = 0; i < 4; i++) value[8 + i] = /** @type {number} */ (digits[(version >>> (12 - 4 * i)) & 15])
    const start = (Math.imul(number, 0x9e3779b1) ^ Math.imul(version, 0x85ebca6b)) & (poolLength - 1)
    if (this.freshLength > 256) {
      pool.copy(value, headLength, start, start + this.freshLength - headLength)
      return
    }
    for (let i = headLength, from = start; i < this.freshLength; i++, from++) {
      value[i] = /** @type {number} */ (pool[from])
    }
  }

  /** @param {number} number */
  textKey(number) {
    this.writeKey(this.#expectedKey, number)
    return this.#expectedKey.toString('latin1')
  }

  /**
   * @param {number} number
   * @param {number} version
   */
  textValue(number, version = 0) {
    this.#tail.copy(this.#expected)
    this.writeValue(this.#expected, number, version)
    return this.#expected.toString('latin1')
  }

  /**
   * The check that every value gets: it belongs to this key and has its full length.
   *
   * @param {Uint8Array} key
   * @param {Uint8Array} value
   */
  belongs(key, value) {
    return (
      value.length === this.valueLength &&
      value[7] === key[15] &&
      value[6] === key[14] &&
      value[5] === key[13] &&
      value[4] === key[12]
    )
  }

  /**
   * The same for text.
   *
   * @param {string} key
   * @param {string} value
   */
  belongsText(key, value) {
    return (
      value.length === this.valueLength &&
      value.charCodeAt(7) === key.charCodeAt(15) &&
      value.charCodeAt(6) === key.charCodeAt(14) &&
      value.charCodeAt(5) === key.charCodeAt(13) &&
      value.charCodeAt(4) === key.charCodeAt(12)
    )
  }

  /**
   * The check that some values get: every byte of key and value. Throws where one is wrong.
   *
   * @param {Uint8Array} key
   * @param {Uint8Array | undefined} value
   */
  verify(key, value) {
    const number = readHex(key, 8)
    this.writeKey(this.#expectedKey, number)
    if (!this.#expectedKey.equals(key)) throw new WrongValueError(key, 'the key is none that was written')
    if (value === undefined) throw new WrongValueError(key, 'its value is missing')
    this.#tail.copy(this.#expected)
    this.writeValue(this.#expected, number, readHex4(value, 8))
    if (!this.#expected.equals(value)) throw new WrongValueError(key, 'its value is wrong')
  }
}

/** An engine gave something else than what was written: the measurement is void. */
export class WrongValueError extends Error {
  /**
   * @param {Uint8Array | string} key
   * @param {string} what
   */
  constructor(key, what) {
    super(`key ${typeof key === 'string' ? key : Buffer.from(key).toString('latin1')}: ${what}`)
    this.name = 'WrongValueError'
  }
}

/**
 * A permutation of the numbers below 2^32.
 *
 * @param {number} number
 */
export function scramble(number) {
  let x = Math.imul(number ^ (number >>> 16), 0x45d9f3b)
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b)
  return (x ^ (x >>> 16)) >>> 0
}

/**
 * @param {Uint8Array} target
 * @param {number} at
 * @param {number} number
 */
function writeHex(target, at, number) {
  target[at] = /** @type {number} */ (digits[number >>> 28])
  target[at + 1] = /** @type {number} */ (digits[(number >>> 24) & 15])
  target[at + 2] = /** @type {number} */ (digits[(number >>> 20) & 15])
  target[at + 3] = /** @type {number} */ (digits[(number >>> 16) & 15])
  target[at + 4] = /** @type {number} */ (digits[(number >>> 12) & 15])
  target[at + 5] = /** @type {number} */ (digits[(number >>> 8) & 15])
  target[at + 6] = /** @type {number} */ (digits[(number >>> 4) & 15])
  target[at + 7] = /** @type {number} */ (digits[number & 15])
}

/**
 * @param {Uint8Array} source
 * @param {number} at
 */
export function readHex(source, at) {
  return Number.parseInt(Buffer.from(source.buffer, source.byteOffset + at, 8).toString('latin1'), 16)
}

/**
 * @param {Uint8Array} source
 * @param {number} at
 */
function readHex4(source, at) {
  return Number.parseInt(Buffer.from(source.buffer, source.byteOffset + at, 4).toString('latin1'), 16)
}

/** Text of 64 letters in no order: nothing that looks for repetitions shortens it. */
function makePool() {
  const letters = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
  const random = randomFrom(20)
  const bytes = Buffer.allocUnsafe(poolLength + longestFresh)
  for (let i = 0; i < bytes.length; i++) bytes[i] = /** @type {number} */ (letters[random.below(64)])
  return bytes
}
