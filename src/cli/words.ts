/**
 * Keys and values as words that people type and read. A word is a string even where it stands for bytes that are no
 * UTF-8: such a byte 0xNN is the lone surrogate U+DCNN (the idea is Python's "surrogateescape", PEP 383). So binary
 * keys pass through everything that handles text, and only `bytesOfWord` and `wordOfBytes` know.
 */
import { isUtf8 } from 'node:buffer'

const escapeNames: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\t', '\\t'],
  ['\r', '\\r'],
  ['"', '\\"'],
  ['\\', '\\\\'],
])

/** The bytes that a word stands for: its UTF-8, and a byte for each U+DC80 to U+DCFF that stands alone. */
export function bytesOfWord(word: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(word)) return Buffer.from(word)
  const parts = Array.from(word, (char) => {
    const point = char.codePointAt(0) as number
    return point >= 0xdc80 && point <= 0xdcff ? Buffer.of(point - 0xdc00) : Buffer.from(char)
  })
  return Buffer.concat(parts)
}

/** The word that stands for some bytes. */
export function wordOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isUtf8(buffer)) return buffer.toString()
  let word = ''
  for (let place = 0; place < buffer.length; ) {
    const length = characterLength(buffer, place)
    word +=
      length === 0
        ? String.fromCharCode(0xdc00 + (buffer[place] as number))
        : buffer.toString('utf8', place, place + length)
    place += Math.max(1, length)
  }
  return word
}

/** Bytes of the UTF-8 character at `place`, or 0 if there is none. */
function characterLength(buffer: Buffer, place: number): number {
  for (let length = 1; length <= 4 && place + length <= buffer.length; length++) {
    if (isUtf8(buffer.subarray(place, place + length))) return length
  }
  return 0
}

/**
 * Bytes in double quotes, every byte and every character that would not show escaped, so that the text is safe
 * on a terminal and can be typed into a session again.
 */
export function quoteBytes(bytes: Uint8Array): string {
  return `"${wordOfBytes(bytes).replaceAll(escapedCharacter, escapeCharacter)}"`
}

/** The word as it is typed into a session: with quotes only where it needs them. */
export function quoteWord(word: string): string {
  return /^[^\s'"\\#\p{C}\p{Z}]+$/u.test(word) ? word : quoteBytes(bytesOfWord(word))
}

function escapeCharacter(char: string): string {
  const named = escapeNames.get(char)
  if (named !== undefined) return named
  const point = char.codePointAt(0) as number
  if (point < 0x80) return `\\x${hexOf(point)}`
  if (point >= 0xdc80 && point <= 0xdcff) return `\\x${hexOf(point - 0xdc00)}`
  return `\\u{${point.toString(16)}}`
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** Characters that would not show, or would change how others show: controls, direction marks, separators. */
const invisibleCharacter = /[\p{C}\p{Zl}\p{Zp}]/gu
const escapedCharacter = /["\\]|[\p{C}\p{Zl}\p{Zp}]/gu

/** `text` with what would not show replaced by what `replace` makes of it. */
export function escapeInvisible(text: string, replace: (char: string) => string): string {
  return text.replaceAll(invisibleCharacter, replace)
}
