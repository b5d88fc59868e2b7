/**
 * XXH64, the checksum of every byte on disk (Yann Collet, https://github.com/Cyan4973/xxHash, BSD licence).
 * JavaScript has no 64-bit integers outside BigInt, so a 64-bit value is two 32-bit halves, and the product of
 * two low halves is put together from 16-bit limbs.
 *
 * The input is read as 32-bit words wherever it is long: in place when it starts on a multiple of four, through
 * a small aligned copy otherwise. Words are little endian, and so is every machine that runs Node.
 * Where there is WebAssembly, it does the work.
 */
import { createWasmXxh64 } from './xxh64-wasm.ts'

/** Where the hash functions leave their result: two unsigned 32-bit halves. Read it before the next call. */
export const hashResult: { high: number; low: number } = { high: 0, low: 0 }

/** Bytes that one turn of the main loop takes: eight for each of the four lanes. */
export const stripeSizeBytes = 32

// The five primes of XXH64; prime n is `pnHigh * 2^32 + pnLow`.
const p1High = 0x9e3779b1
const p1Low = 0x85ebca87
const p2High = 0xc2b2ae3d
const p2Low = 0x27d4eb4f
const p3High = 0x165667b1
const p3Low = 0x9e3779f9
const p4High = 0x85ebca77
const p4Low = 0xc2b2ae63
const p5High = 0x27d4eb2f
const p5Low = 0x165667c5

/** The same by WebAssembly, where the platform has it. */
const wasm = createWasmXxh64([p1Low, p1High, p2Low, p2High, p3Low, p3High, p4Low, p4High, p5Low, p5High])

/** Below this length a view of words costs more than it saves. */
const wordsWorthwhileBytes = 256

/** The halves of the value being worked on by the finishing steps; the main loop has its own lanes. */
let high = 0
let low = 0

/** The four lanes of the one-shot functions: low and high halves in turn. */
const sharedLanes = new Int32Array(8)
const alignedCopy = new Uint8Array(4096)
const alignedWords = new Int32Array(alignedCopy.buffer)

/** Hashes `bytes` from `start` to `end` (exclusive) with a 64-bit seed. The result is in {@link hashResult}. */
export function xxh64(
  bytes: Uint8Array,
  start: number,
  end: number,
  seedHigh: number,
  seedLow: number,
): void {
  const length = end - start
  if (wasm !== undefined && length <= wasm.hashLengthMax) {
    wasm.hash(bytes, start, length, seedHigh, seedLow, hashResult)
    return
  }
  if (length < stripeSizeBytes) {
    startShort(seedHigh, seedLow)
  } else {
    startLanes(sharedLanes, seedHigh, seedLow)
    mixStripes(sharedLanes, bytes, start, Math.floor(length / stripeSizeBytes))
    mergeLanes(sharedLanes)
  }
  finish(bytes, end - (length % stripeSizeBytes), end, length)
}

/**
 * {@link xxh64} for callers that hold a view of words over the same memory: `words` must begin where `bytes`
 * begins, and `start` must be a multiple of four. Saves making a view for each call.
 */
export function xxh64OfWords(
  words: Int32Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  seedHigh: number,
  seedLow: number,
): void {
  const length = end - start
  if (wasm !== undefined || length < stripeSizeBytes) {
    xxh64(bytes, start, end, seedHigh, seedLow)
    return
  }
  startLanes(sharedLanes, seedHigh, seedLow)
  mixWords(sharedLanes, words, start >>> 2, Math.floor(length / stripeSizeBytes))
  mergeLanes(sharedLanes)
  finish(bytes, end - (length % stripeSizeBytes), end, length)
}

/** Gives the four lanes their start values. */
export function startLanes(lanes: Int32Array, seedHigh: number, seedLow: number): void {
  setSum(lanes, 0, seedHigh, seedLow, p1High, p1Low)
  setSum(lanes, 0, lanes[1] as number, lanes[0] as number, p2High, p2Low)
  setSum(lanes, 2, seedHigh, seedLow, p2High, p2Low)
  setSum(lanes, 4, seedHigh, seedLow, 0, 0)
  // Minus prime 1, which is plus its two's complement.
  setSum(lanes, 6, seedHigh, seedLow, ~p1High, -p1Low | 0)
}

/** Works whole stripes of bytes into the lanes. */
export function mixStripes(lanes: Int32Array, bytes: Uint8Array, start: number, stripeCount: number): void {
  const sizeBytes = stripeCount * stripeSizeBytes
  if (wasm !== undefined && sizeBytes >= wordsWorthwhileBytes) {
    wasm.mix(lanes, bytes, start, stripeCount)
    return
  }
  const memoryStart = bytes.byteOffset + start
  if ((memoryStart & 3) === 0 && sizeBytes >= wordsWorthwhileBytes) {
    mixWords(lanes, new Int32Array(bytes.buffer, memoryStart, sizeBytes >>> 2), 0, stripeCount)
    return
  }
  let position = start
  const end = start + sizeBytes
  while (position < end) {
    const pieceSizeBytes = Math.min(end - position, alignedCopy.length)
    if (pieceSizeBytes >= wordsWorthwhileBytes) {
      alignedCopy.set(bytes.subarray(position, position + pieceSizeBytes))
    } else {
      for (let i = 0; i < pieceSizeBytes; i += 1) alignedCopy[i] = bytes[position + i] as number
    }
    mixWords(lanes, alignedWords, 0, pieceSizeBytes / stripeSizeBytes)
    position += pieceSizeBytes
  }
}

/** The loop in plain TypeScript; the words begin at word `startWord`. */
export function mixWords(lanes: Int32Array, words: Int32Array, startWord: number, stripeCount: number): void {
  const end = startWord + stripeCount * 8
  for (let word = startWord; word < end; word += 8) {
    mixLane(lanes, 0, words[word] as number, words[word + 1] as number)
    mixLane(lanes, 2, words[word + 2] as number, words[word + 3] as number)
    mixLane(lanes, 4, words[word + 4] as number, words[word + 5] as number)
    mixLane(lanes, 6, words[word + 6] as number, words[word + 7] as number)
  }
}

/** `lane = rotl(lane + input * prime 2, 31) * prime 1`; V8 inlines it into the loop above. */
function mixLane(lanes: Int32Array, lane: number, inputLow: number, inputHigh: number): void {
  // The product of the input with prime 2: 16-bit limbs give the upper half of low times low.
  const inputLimb0 = inputLow & 0xffff
  const inputLimb1 = inputLow >>> 16
  let carry = Math.imul(inputLimb1, 0xeb4f) + (Math.imul(inputLimb0, 0xeb4f) >>> 16)
  let middle = Math.imul(inputLimb0, 0x27d4) + (carry & 0xffff)
  const productHigh =
    (Math.imul(inputLimb1, 0x27d4) +
      (carry >>> 16) +
      (middle >>> 16) +
      Math.imul(inputHigh, p2Low) +
      Math.imul(inputLow, p2High)) |
    0
  const productLow = Math.imul(inputLow, p2Low)

  const laneLow = lanes[lane] as number
  const sumLow = (laneLow + productLow) | 0
  const sumCarry = sumLow >>> 0 < productLow >>> 0 ? 1 : 0
  const sumHigh = ((lanes[lane + 1] as number) + productHigh + sumCarry) | 0

  const turnedHigh = (sumHigh << 31) | (sumLow >>> 1)
  const turnedLow = (sumLow << 31) | (sumHigh >>> 1)

  const limb0 = turnedLow & 0xffff
  const limb1 = turnedLow >>> 16
  carry = Math.imul(limb1, 0xca87) + (Math.imul(limb0, 0xca87) >>> 16)
  middle = Math.imul(limb0, 0x85eb) + (carry & 0xffff)
  lanes[lane + 1] =
    Math.imul(limb1, 0x85eb) +
    (carry >>> 16) +
    (middle >>> 16) +
    Math.imul(turnedHigh, p1Low) +
    Math.imul(turnedLow, p1High)
  lanes[lane] = Math.imul(turnedLow, p1Low)
}

/** The start value for inputs shorter than a stripe, which have no lanes. */
export function startShort(seedHigh: number, seedLow: number): void {
  high = seedHigh | 0
  low = seedLow | 0
  add(p5High, p5Low)
}

/** Brings the lanes together into the value that the finishing steps go on with. */
export function mergeLanes(lanes: Int32Array): void {
  high = 0
  low = 0
  addRotated(lanes, 0, 1)
  addRotated(lanes, 2, 7)
  addRotated(lanes, 4, 12)
  addRotated(lanes, 6, 18)
  for (let lane = 0; lane < 8; lane += 2) {
    xorMixed(lanes[lane + 1] as number, lanes[lane] as number)
    multiply(p1High, p1Low)
    add(p4High, p4Low)
  }
}

/** The last bytes (fewer than a stripe), the length and the final avalanche; leaves the result. */
export function finish(bytes: Uint8Array, start: number, end: number, length: number): void {
  add(Math.floor(length / 0x1_0000_0000), length | 0)
  let position = start
  for (; position + 8 <= end; position += 8) {
    xorMixed(wordAt(bytes, position + 4), wordAt(bytes, position))
    rotate(27)
    multiply(p1High, p1Low)
    add(p4High, p4Low)
  }
  if (position + 4 <= end) {
    xorProduct(wordAt(bytes, position), p1High, p1Low)
    rotate(23)
    multiply(p2High, p2Low)
    add(p3High, p3Low)
    position += 4
  }
  for (; position < end; position += 1) {
    xorProduct(bytes[position] as number, p5High, p5Low)
    rotate(11)
    multiply(p1High, p1Low)
  }
  // value ^= value >>> 33, and so on as in the reference.
  low ^= high >>> 1
  multiply(p2High, p2Low)
  low ^= (high << 3) | (low >>> 29)
  high ^= high >>> 29
  multiply(p3High, p3Low)
  low ^= high
  hashResult.high = high >>> 0
  hashResult.low = low >>> 0
}

function wordAt(bytes: Uint8Array, position: number): number {
  return (
    (bytes[position] as number) |
    ((bytes[position + 1] as number) << 8) |
    ((bytes[position + 2] as number) << 16) |
    ((bytes[position + 3] as number) << 24)
  )
}

function add(otherHigh: number, otherLow: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0)
  low = sum | 0
  high = (high + otherHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0
}

function multiply(otherHigh: number, otherLow: number): void {
  high = (upperHalf(low, otherLow) + Math.imul(high, otherLow) + Math.imul(low, otherHigh)) | 0
  low = Math.imul(low, otherLow)
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function upperHalf(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const carry = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0
  const middle = (Math.imul(a0, b1) + (carry & 0xffff)) | 0
  return (Math.imul(a1, b1) + (carry >>> 16) + (middle >>> 16)) | 0
}

/** Rotates the value to the left by 1 to 31 bits. */
function rotate(bits: number): void {
  const rotatedHigh = (high << bits) | (low >>> (32 - bits))
  low = (low << bits) | (high >>> (32 - bits))
  high = rotatedHigh
}

function addRotated(lanes: Int32Array, lane: number, bits: number): void {
  const laneLow = lanes[lane] as number
  const laneHigh = lanes[lane + 1] as number
  add((laneHigh << bits) | (laneLow >>> (32 - bits)), (laneLow << bits) | (laneHigh >>> (32 - bits)))
}

/** `value ^= rotl(input * prime 2, 31) * prime 1`. */
function xorMixed(inputHigh: number, inputLow: number): void {
  const keptHigh = high
  const keptLow = low
  high = inputHigh
  low = inputLow
  multiply(p2High, p2Low)
  rotate(31)
  multiply(p1High, p1Low)
  high ^= keptHigh
  low ^= keptLow
}

/** `value ^= input * factor` for an unsigned 32-bit input. */
function xorProduct(input: number, factorHigh: number, factorLow: number): void {
  high ^= upperHalf(input, factorLow) + Math.imul(input, factorHigh)
  low ^= Math.imul(input, factorLow)
}

function setSum(
  lanes: Int32Array,
  lane: number,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
): void {
  const sum = (aLow >>> 0) + (bLow >>> 0)
  lanes[lane] = sum
  lanes[lane + 1] = aHigh + bHigh + (sum > 0xffff_ffff ? 1 : 0)
}
