/**
 * XXH64 in WebAssembly, which has the 64-bit multiplication that JavaScript lacks. The module has one page of
 * memory:
 *
 *     0    the four lanes, 8 bytes each; for `hash` first the seed, in the end the result
 *     32   the five primes
 *     80   input
 *
 * `mix(end)` works the whole stripes from 80 to `end` into the lanes. `hash(end)` does all of XXH64 for the
 * input from 80 to `end`.
 */
import {
  addI32,
  addI64,
  andI32,
  assembleModule,
  type Code,
  call,
  constantI32,
  extend,
  getLocal,
  ifElse,
  isAbove,
  isBelow,
  load8,
  load32,
  load64,
  loopUntil,
  multiply,
  rotateLeft,
  setLocal,
  shiftRight,
  store64,
  subtractI32,
  subtractI64,
  type WasmFunction,
  xor,
} from './wasm-assembler.ts'

export const primesAt = 32
export const inputAt = 80

const stripeSizeBytes = 32
const laneNumbers = [0, 1, 2, 3] as const
const mixNumber = 0

/** Locals of both functions: the parameter, where reading stands, and then 64-bit values. */
const [end, at, lanes, value] = [0, 1, 2, 2] as const

const memoryAt = (offset: number): Code => [...constantI32(0), ...load64(offset)]
const prime = (number: 1 | 2 | 3 | 4 | 5): Code => memoryAt(primesAt + 8 * (number - 1))
const storeAt = (offset: number, code: Code): Code => [...constantI32(0), ...code, ...store64(offset)]
const moveOn = (bytes: number): Code => [...getLocal(at), ...constantI32(bytes), ...addI32, ...setLocal(at)]
/** Whether fewer than `bytes` are left. */
const isLessLeft = (bytes: number): Code => [
  ...getLocal(at),
  ...constantI32(bytes),
  ...addI32,
  ...getLocal(end),
  ...isAbove,
]
const round = (input: Code): Code => [
  ...input,
  ...prime(2),
  ...multiply,
  ...rotateLeft(31),
  ...prime(1),
  ...multiply,
]

const [prime1, prime2] = [6, 7] as const
const mix: WasmFunction = {
  name: 'mix',
  i32Count: 1,
  i64Count: 6,
  code: [
    ...laneNumbers.flatMap((lane) => [...memoryAt(8 * lane), ...setLocal(lanes + lane)]),
    ...[...prime(1), ...setLocal(prime1), ...prime(2), ...setLocal(prime2)],
    ...[...constantI32(inputAt), ...setLocal(at)],
    ...loopUntil(isLessLeft(stripeSizeBytes), [...laneNumbers.flatMap(mixLane), ...moveOn(stripeSizeBytes)]),
    ...laneNumbers.flatMap((lane) => storeAt(8 * lane, getLocal(lanes + lane))),
  ],
}

/** `lane = rotl(lane + input * prime 2, 31) * prime 1`, with primes in locals: this is the loop that counts. */
function mixLane(lane: number): Code {
  return [
    ...getLocal(lanes + lane),
    ...[...getLocal(at), ...load64(8 * lane), ...getLocal(prime2), ...multiply],
    ...[...addI64, ...rotateLeft(31), ...getLocal(prime1), ...multiply, ...setLocal(lanes + lane)],
  ]
}

const length: Code = [...getLocal(end), ...constantI32(inputAt), ...subtractI32]
const seed = memoryAt(0)

const hash: WasmFunction = {
  name: 'hash',
  i32Count: 1,
  i64Count: 1,
  code: [
    ...[...length, ...constantI32(stripeSizeBytes), ...isBelow],
    ...ifElse(
      [...seed, ...prime(5), ...addI64, ...setLocal(value), ...constantI32(inputAt), ...setLocal(at)],
      [
        // The lanes overwrite the seed, which lies where the first one goes: so that one comes last.
        ...storeAt(8, [...seed, ...prime(2), ...addI64]),
        ...storeAt(16, seed),
        ...storeAt(24, [...seed, ...prime(1), ...subtractI64]),
        ...storeAt(0, [...seed, ...prime(1), ...addI64, ...prime(2), ...addI64]),
        // The whole stripes end here.
        ...[...length, ...constantI32(-stripeSizeBytes), ...andI32, ...constantI32(inputAt), ...addI32],
        ...[...setLocal(at), ...getLocal(at), ...call(mixNumber)],
        ...mergeLanes(),
      ],
    ),
    ...[...getLocal(value), ...length, ...extend, ...addI64, ...setLocal(value)],
    ...loopUntil(isLessLeft(8), [
      ...[...getLocal(value), ...round([...getLocal(at), ...load64(0)]), ...xor],
      ...[...rotateLeft(27), ...prime(1), ...multiply, ...prime(4), ...addI64, ...setLocal(value)],
      ...moveOn(8),
    ]),
    ...isLessLeft(4),
    ...ifElse(
      [],
      [
        ...[...getLocal(value), ...getLocal(at), ...load32(0), ...prime(1), ...multiply, ...xor],
        ...[...rotateLeft(23), ...prime(2), ...multiply, ...prime(3), ...addI64, ...setLocal(value)],
        ...moveOn(4),
      ],
    ),
    ...loopUntil(isLessLeft(1), [
      ...[...getLocal(value), ...getLocal(at), ...load8(0), ...prime(5), ...multiply, ...xor],
      ...[...rotateLeft(11), ...prime(1), ...multiply, ...setLocal(value)],
      ...moveOn(1),
    ]),
    ...shiftIn(33),
    ...[...getLocal(value), ...prime(2), ...multiply, ...setLocal(value)],
    ...shiftIn(29),
    ...[...getLocal(value), ...prime(3), ...multiply, ...setLocal(value)],
    ...shiftIn(32),
    ...storeAt(0, getLocal(value)),
  ],
}

function mergeLanes(): Code {
  const rotations = [1, 7, 12, 18] as const
  const lane = (number: number): Code => memoryAt(8 * number)
  return [
    ...laneNumbers.flatMap((number) => [
      ...lane(number),
      ...rotateLeft(rotations[number]),
      ...(number === 0 ? [] : addI64),
    ]),
    ...setLocal(value),
    ...laneNumbers.flatMap((number) => [
      ...[...getLocal(value), ...round(lane(number)), ...xor],
      ...[...prime(1), ...multiply, ...prime(4), ...addI64, ...setLocal(value)],
    ]),
  ]
}

/** `value ^= value >>> bits` */
function shiftIn(bits: number): Code {
  return [...getLocal(value), ...getLocal(value), ...shiftRight(bits), ...xor, ...setLocal(value)]
}

/** The module, ready to be compiled. */
export function assembleXxh64(): Uint8Array<ArrayBuffer> {
  return assembleModule([mix, hash])
}
