/** Which source comes next: those that stand on an entry are a binary heap, by key and then newest first. */
import { compareKeys } from './keys'
import { keyAtByte, keyLengthByte, orderAt, prefixByte } from './layout'

let heap: u32 = 0
let liveCount: u32 = 0

export function beginOrder(): void {
  heap = load<u32>(orderAt)
  liveCount = 0
}

/** How many sources stand on an entry. */
export function sourcesLeft(): u32 {
  return liveCount
}

/** The source whose entry comes next. */
export function firstSource(): u32 {
  return load<u32>(heap)
}

/** Takes a source in; follow with {@link heapify}. */
export function enroll(source: u32): void {
  store<u32>(heap + 4 * liveCount, source)
  liveCount += 1
}

export function heapify(): void {
  for (let place = liveCount >> 1; place > 0; place -= 1) siftDown(place - 1)
}

/** The first source has moved on. */
export function reorderFirst(): void {
  siftDown(0)
}

/** The first source is over. */
export function removeFirst(): void {
  liveCount -= 1
  store<u32>(heap, load<u32>(heap + 4 * liveCount))
  siftDown(0)
}

function siftDown(start: u32): void {
  let place = start
  const moved = load<u32>(heap + 4 * place)
  for (;;) {
    let child: u32 = 2 * place + 1
    if (child >= liveCount) break
    let smaller = load<u32>(heap + 4 * child)
    if (child + 1 < liveCount) {
      const right = load<u32>(heap + 4 * child, 4)
      if (isBefore(right, smaller)) {
        smaller = right
        child += 1
      }
    }
    if (!isBefore(smaller, moved)) break
    store<u32>(heap + 4 * place, smaller)
    place = child
  }
  store<u32>(heap + 4 * place, moved)
}

function isBefore(a: u32, b: u32): bool {
  const aPrefix = load<u64>(a, prefixByte)
  const bPrefix = load<u64>(b, prefixByte)
  if (aPrefix !== bPrefix) return aPrefix < bPrefix
  const aLength = load<u32>(a, keyLengthByte)
  const bLength = load<u32>(b, keyLengthByte)
  const from: u32 = aLength >= 8 && bLength >= 8 ? 8 : 0
  const order = compareKeys(load<u32>(a, keyAtByte), aLength, load<u32>(b, keyAtByte), bLength, from)
  // Sources lie in memory newest first.
  return order < 0 || (order === 0 && a < b)
}
