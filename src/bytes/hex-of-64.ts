/** Sixteen lower-case hexadecimal digits for a number of 64 bits in two halves: how ids and checksums are shown. */
export function hexOf64(high: number, low: number): string {
  return hexOf32(high) + hexOf32(low)
}

function hexOf32(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0')
}
