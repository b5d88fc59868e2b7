/**
 * Copies bytes from one array to another, either of which may lie in shared memory. There the runtime copies word
 * by word only if source and target are equally far from a multiple of eight, and else byte by byte, which takes ten
 * times as long (64 KB: 42 us instead of 4). So longer ranges that are not go by way of a scratch buffer that is.
 */

/** Up to here a loop copies faster than the runtime does, view and all. */
const loopLengthMax = 24
/** From here on the detour pays. */
const detourLengthMin = 192
const scratchSizeBytes = 64 * 1024
const wordMask = 7

/** Made when it is first needed; word-aligned at its start. */
let scratch: Uint8Array | undefined

/** Copies `source[start, start + length)` to `target` from `at` on. The two do not overlap. */
export function copyRange(
  source: Uint8Array,
  start: number,
  length: number,
  target: Uint8Array,
  at: number,
): void {
  if (length <= loopLengthMax) {
    for (let i = 0; i < length; i += 1) target[at + i] = source[start + i] as number
  } else if (length < detourLengthMin || isQuick(source, start, target, at)) {
    target.set(length === source.length ? source : source.subarray(start, start + length), at)
  } else {
    copyByWay(source, start, length, target, at)
  }
}

function isQuick(source: Uint8Array, start: number, target: Uint8Array, at: number): boolean {
  const difference = (source.byteOffset + start - target.byteOffset - at) & wordMask
  return difference === 0 || !(isShared(source) || isShared(target))
}

function isShared({ buffer }: Uint8Array): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer
}

/** Into the scratch buffer so that the step to or from shared memory is the one between equals. */
function copyByWay(source: Uint8Array, start: number, length: number, target: Uint8Array, at: number): void {
  scratch ??= new Uint8Array(scratchSizeBytes + wordMask)
  const aligned = isShared(target) ? target.byteOffset + at : source.byteOffset + start
  const offset = aligned & wordMask
  for (let done = 0; done < length; done += scratchSizeBytes) {
    const size = Math.min(scratchSizeBytes, length - done)
    scratch.set(source.subarray(start + done, start + done + size), offset)
    target.set(scratch.subarray(offset, offset + size), at + done)
  }
}
