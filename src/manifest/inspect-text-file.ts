/** Shows what is in CURRENT and CLOSED, line by line. */
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { UnsupportedFormatError } from '../errors.ts'
import { type FileInspection, type FilePart, reasonOf } from '../fs/file-inspection.ts'
import { decodeCloseProof } from './close-proof.ts'
import { decodeCurrent } from './current-file.ts'

/** Never fails, whatever the bytes are. `path` stands in some of the reasons. */
export function inspectTextFile(bytes: Uint8Array, kind: 'current' | 'closed', path: string): FileInspection {
  const sizeBytes = bytes.length
  const lines = linesOf(bytes)
  try {
    const properties = kind === 'current' ? currentProperties(bytes, path) : closeProperties(bytes, path)
    return { kind, properties: { ...properties, sizeBytes }, parts: lines }
  } catch (error) {
    const details = { reason: reasonOf(error), lines: lines.map((line) => line.details.text) }
    const partKind = error instanceof UnsupportedFormatError ? 'unknown' : 'damaged'
    return {
      kind,
      properties: { sizeBytes },
      parts: [{ offset: 0, length: sizeBytes, kind: partKind, details }],
    }
  }
}

function currentProperties(bytes: Uint8Array, path: string): Record<string, unknown> {
  const { storeId, manifestNumber, manifestSyncedLength } = decodeCurrent(bytes, path)
  return { storeId: hexOf64(storeId.high, storeId.low), manifestNumber, manifestSyncedLength }
}

function closeProperties(bytes: Uint8Array, path: string): Record<string, unknown> {
  return { ...decodeCloseProof(bytes, path) }
}

function linesOf(bytes: Uint8Array): FilePart[] {
  const parts: FilePart[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, offset)
    const end = newline < 0 ? bytes.length : newline + 1
    const text = new TextDecoder().decode(bytes.slice(offset, end)).trimEnd()
    parts.push({ offset, length: end - offset, kind: 'line', details: { text } })
    offset = end
  }
  return parts
}
