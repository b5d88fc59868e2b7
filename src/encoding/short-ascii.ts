/**
 * Text of up to 16 ASCII characters, which most keys are. One `fromCharCode` with every character as an argument
 * takes half the time of a native call such as `latin1Slice`; a list of arguments made in a loop, or pieces put
 * together with `+`, lose that again. Hence one line a length.
 */

/** The longest text that {@link decodeShortAscii} takes. */
export const shortLengthMax = 16

const text = String.fromCharCode

/** Text of the `length` bytes at `start`, all below 128; `length` is 0 to {@link shortLengthMax}. */
export function decodeShortAscii(bytes: Uint8Array, start: number, length: number): string {
  if (length === 0) return ''
  const a = bytes[start]!
  if (length === 1) return text(a)
  const b = bytes[start + 1]!
  if (length === 2) return text(a, b)
  const c = bytes[start + 2]!
  if (length === 3) return text(a, b, c)
  const d = bytes[start + 3]!
  if (length === 4) return text(a, b, c, d)
  const e = bytes[start + 4]!
  if (length === 5) return text(a, b, c, d, e)
  const f = bytes[start + 5]!
  if (length === 6) return text(a, b, c, d, e, f)
  const g = bytes[start + 6]!
  if (length === 7) return text(a, b, c, d, e, f, g)
  const h = bytes[start + 7]!
  if (length === 8) return text(a, b, c, d, e, f, g, h)
  const i = bytes[start + 8]!
  if (length === 9) return text(a, b, c, d, e, f, g, h, i)
  const j = bytes[start + 9]!
  if (length === 10) return text(a, b, c, d, e, f, g, h, i, j)
  const k = bytes[start + 10]!
  if (length === 11) return text(a, b, c, d, e, f, g, h, i, j, k)
  const l = bytes[start + 11]!
  if (length === 12) return text(a, b, c, d, e, f, g, h, i, j, k, l)
  const m = bytes[start + 12]!
  if (length === 13) return text(a, b, c, d, e, f, g, h, i, j, k, l, m)
  const n = bytes[start + 13]!
  if (length === 14) return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n)
  const o = bytes[start + 14]!
  if (length === 15) return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
  const p = bytes[start + 15]!
  return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
}
