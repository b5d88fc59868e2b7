/**
 * XXH64 (Yann Collet, BSD-2) over a range of the memory: the checksum of everything on disk. The twin in plain
 * TypeScript is src/bytes/xxh64.ts.
 */

const prime1: u64 = 0x9e3779b185ebca87
const prime2: u64 = 0xc2b2ae3d27d4eb4f
const prime3: u64 = 0x165667b19e3779f9
const prime4: u64 = 0x85ebca77c2b2ae63
const prime5: u64 = 0x27d4eb2f165667c5

function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * prime2, 31) * prime1
}

function mergeRound(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * prime1 + prime4
}

/** The hash of the bytes from `start` up to `end`, which may be aligned or not. */
export function xxh64(start: u32, end: u32, seed: u64): u64 {
  const length = end - start
  let at = start
  let hash: u64
  if (length >= 32) {
    let lane1 = seed + prime1 + prime2
    let lane2 = seed + prime2
    let lane3 = seed
    let lane4 = seed - prime1
    const stripesEnd = end - 32
    do {
      lane1 = round(lane1, load<u64>(at))
      lane2 = round(lane2, load<u64>(at, 8))
      lane3 = round(lane3, load<u64>(at, 16))
      lane4 = round(lane4, load<u64>(at, 24))
      at += 32
    } while (at <= stripesEnd)
    hash = rotl<u64>(lane1, 1) + rotl<u64>(lane2, 7) + rotl<u64>(lane3, 12) + rotl<u64>(lane4, 18)
    hash = mergeRound(hash, lane1)
    hash = mergeRound(hash, lane2)
    hash = mergeRound(hash, lane3)
    hash = mergeRound(hash, lane4)
  } else {
    hash = seed + prime5
  }
  hash += length
  for (; at + 8 <= end; at += 8) {
    hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * prime1 + prime4
  }
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * prime1), 23) * prime2 + prime3
    at += 4
  }
  for (; at < end; at += 1) {
    hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * prime5), 11) * prime1
  }
  hash = (hash ^ (hash >> 33)) * prime2
  hash = (hash ^ (hash >> 29)) * prime3
  return hash ^ (hash >> 32)
}
