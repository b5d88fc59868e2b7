/** Bytes as people read them: the one place that errors, the command line and tests print keys and values with. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Enough to recognise a key by. */
const describedLengthMax = 64

/**
 * Text in double quotes if the bytes are printable UTF-8 (quotes and backslashes escaped), otherwise the same
 * with each byte outside printable ASCII as `\xNN`. Bytes past `lengthMax` are counted, not shown.
 *
 * @example describeBytes(Uint8Array.of(0x61, 0x00)) // "a\x00"
 */
export function describeBytes(bytes: Uint8Array, lengthMax: number = describedLengthMax): string {
  const shown = bytes.subarray(0, shownLength(bytes, lengthMax))
  const rest = bytes.length - shown.length
  const text = printableTextOf(shown) ?? escapedTextOf(shown)
  return rest === 0 ? `"${text}"` : `"${text}"… (${rest} more bytes)`
}

/** At most `lengthMax`, less if that would cut a character of text in two. */
function shownLength(bytes: Uint8Array, lengthMax: number): number {
  if (bytes.length <= lengthMax) return bytes.length
  let length = lengthMax
  // The second to fourth byte of a character in UTF-8 begins with the bits 10.
  while (length > 0 && length > lengthMax - 3 && ((bytes[length] as number) & 0xc0) === 0x80) length -= 1
  return length
}

function printableTextOf(bytes: Uint8Array): string | undefined {
  let text: string
  try {
    // A decoder refuses shared memory, so it gets a copy.
    text = decoder.decode(bytes.slice())
  } catch {
    return undefined
  }
  return /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(text) ? text.replaceAll(/["\\]/g, '\\$&') : undefined
}

function escapedTextOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte)
    else text += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
