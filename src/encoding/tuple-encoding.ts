/**
 * Arrays as keys that sort by their parts: `['user', 9]` before `['user', 10]` before `['user', 10, 'name']`.
 * Types sort as null, false, true, numbers, bigints, strings, bytes, dates, arrays; inside a type as you expect:
 * numbers from -Infinity to Infinity with -0 equal to 0, strings by code point, bytes and arrays element by
 * element with the shorter first. A number and a bigint are never equal. `prefix: ['user', 1]` finds exactly the
 * tuples that begin with these two elements. The bytes are described in `tuple-format.ts`.
 */
import { fillBytes } from './byte-slab.ts'
import type { Encoding } from './encoding.ts'
import type { Tuple } from './tuple-format.ts'
import { readTuple } from './tuple-reader.ts'
import { tupleAccepts, tupleBound, writeTuple } from './tuple-writer.ts'

export const tupleEncoding: Encoding<Tuple> = {
  name: 'tuple',
  accepts: tupleAccepts,
  encode: (value) => fillBytes(value, tupleBound(value), writeTuple),
  decode: readTuple,
  sizeBound: tupleBound,
  encodeInto: writeTuple,
}
