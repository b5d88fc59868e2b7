/**
 * Puts a WebAssembly module together from instructions, byte by byte: enough of the binary format for a few
 * functions of a few dozen instructions, so that there is nothing to build and nothing opaque to trust. Numbers
 * are those of the WebAssembly specification, chapter "Binary Format".
 */

/** Instructions as bytes. */
export type Code = readonly number[]

const typeI32 = 0x7f
const typeI64 = 0x7e

export const getLocal = (local: number): Code => [0x20, local]
export const setLocal = (local: number): Code => [0x21, local]
export const constantI32 = (value: number): Code => [0x41, ...signed(value)]
export const call = (functionNumber: number): Code => [0x10, functionNumber]

export const addI32: Code = [0x6a]
export const subtractI32: Code = [0x6b]
export const andI32: Code = [0x71]
export const isBelow: Code = [0x49]
export const isAbove: Code = [0x4b]

export const addI64: Code = [0x7c]
export const subtractI64: Code = [0x7d]
export const multiply: Code = [0x7e]
export const xor: Code = [0x85]
export const extend: Code = [0xad]
export const shiftRight = (bits: number): Code => [0x42, ...signed(bits), 0x88]
export const rotateLeft = (bits: number): Code => [0x42, ...signed(bits), 0x89]

/** Loads 64, 32 or 8 bits as an unsigned i64 from the address on the stack plus `offset` (below 128). */
export const load64 = (offset: number): Code => [0x29, 0, offset]
export const load32 = (offset: number): Code => [0x35, 0, offset]
export const load8 = (offset: number): Code => [0x31, 0, offset]
export const store64 = (offset: number): Code => [0x37, 0, offset]

/** Runs `body` again and again until `isOver` leaves something other than zero, asked before each round. */
export const loopUntil = (isOver: Code, body: Code): Code => [
  ...[0x02, 0x40, 0x03, 0x40],
  ...isOver,
  ...[0x0d, 1],
  ...body,
  ...[0x0c, 0, 0x0b, 0x0b],
]

/** Takes a condition from the stack. */
export const ifElse = (whenTrue: Code, whenFalse: Code): Code => [
  ...[0x04, 0x40],
  ...whenTrue,
  0x05,
  ...whenFalse,
  0x0b,
]

/** A function that takes one i32 and returns nothing; further locals are numbered from 1, the i32 ones first. */
export interface WasmFunction {
  readonly name: string
  readonly i32Count: number
  readonly i64Count: number
  readonly code: Code
}

/** A module that exports its functions and one page of memory, named `memory`. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const bodies = functions.map(({ i32Count, i64Count, code }) => {
    const body = [2, i32Count, typeI32, i64Count, typeI64, ...code, 0x0b]
    return [...unsigned(body.length), ...body]
  })
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, typeI32, 0]),
    ...section(3, [functions.length, ...functions.map(() => 0)]),
    ...section(5, [1, 0, 1]),
    ...section(7, [
      functions.length + 1,
      ...[...nameBytes('memory'), 2, 0],
      ...functions.flatMap(({ name }, index) => [...nameBytes(name), 0, index]),
    ]),
    ...section(10, [functions.length, ...bodies.flat()]),
  ])
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content]
}

function nameBytes(text: string): Code {
  return [text.length, ...Array.from(text, (character) => character.charCodeAt(0))]
}

/** LEB128 of a number below 2^14. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, value >>> 7]
}

/** Signed LEB128 of a number from -2^13 to 2^13 - 1. */
function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, (value >> 7) & 0x7f]
}
