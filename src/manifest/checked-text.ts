/**
 * The small files CURRENT and CLOSED: a few lines of text that a person can read, the last of them an xxh64
 * over the rest.
 *
 *     varve current 1
 *     store 00f0c1d2e3a4b596
 *     manifest 3
 *     synced 1234
 *     xxh64 9e3779b97f4a7c15
 */
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'

const formatNumber = 1

/** The whole file as bytes. `kind` is its first word after "varve"; fields keep their order. */
export function encodeCheckedText(kind: string, fields: Readonly<Record<string, string>>): Uint8Array {
  let text = `varve ${kind} ${formatNumber}\n`
  for (const [name, value] of Object.entries(fields)) text += `${name} ${value}\n`
  text += `xxh64 ${checksumOf(text)}\n`
  return new TextEncoder().encode(text)
}

/** The fields, or `CorruptionError` (what is there is not what was written), or `UnsupportedFormatError`. */
export function decodeCheckedText(bytes: Uint8Array, kind: string, path: string): Map<string, string> {
  const text = new TextDecoder().decode(bytes)
  const checksumStart = text.lastIndexOf('xxh64 ')
  const body = text.slice(0, Math.max(0, checksumStart))
  if (text !== `${body}xxh64 ${checksumOf(body)}\n`) {
    throw new CorruptionError(`the file fails its checksum`, path, 0)
  }
  const [head, ...lines] = body.trimEnd().split('\n')
  const [, foundKind, format] = head?.split(' ') ?? []
  if (foundKind !== kind)
    throw new CorruptionError(`expected a "${kind}" file, found "${foundKind}"`, path, 0)
  if (format !== String(formatNumber)) {
    throw new UnsupportedFormatError(
      `${path} has format ${format}; this release of varve reads format ${formatNumber}. Use a newer release`,
    )
  }
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]))
}

/** A whole number among the fields. */
export function numberField(fields: Map<string, string>, name: string, path: string): number {
  const text = fields.get(name)
  if (text === undefined || !/^\d{1,16}$/.test(text)) {
    throw new CorruptionError(`the field "${name}" is missing or no number`, path, 0)
  }
  return Number(text)
}

function checksumOf(text: string): string {
  const bytes = new TextEncoder().encode(text)
  xxh64(bytes, 0, bytes.length, 0, 0)
  return hexOf64(hashResult.high, hashResult.low)
}
