/**
 * The first 40 bytes of every log and manifest. They are written and synced before anything in the file
 * counts, and name the file and the store it belongs to, so that a swapped or stray file is found out.
 *
 *     offset size
 *          0    8  magic, "VARVELOG" or "VARVEMAN"
 *          8    4  format number of the file, 1
 *         12    4  zero
 *         16    8  number of the file
 *         24    8  id of the store
 *         32    8  xxh64 of bytes 0 to 31
 *
 * Integers are little endian.
 */
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'

export const fileHeaderSizeBytes = 40
/** The newest format of logs and manifests that this release writes and reads. */
const fileFormatNumber = 1

export type HeaderKind = 'log' | 'manifest'

/** Identifies a store for life: 64 random bits, made when it is created. */
export interface StoreId {
  readonly high: number
  readonly low: number
}

export interface FileHeader {
  readonly kind: HeaderKind
  readonly number: number
  readonly storeId: StoreId
}

const magics: Record<HeaderKind, string> = { log: 'VARVELOG', manifest: 'VARVEMAN' }

export function encodeFileHeader(header: FileHeader): Uint8Array {
  const bytes = new Uint8Array(fileHeaderSizeBytes)
  const view = new DataView(bytes.buffer)
  const magic = magics[header.kind]
  for (let i = 0; i < 8; i++) bytes[i] = magic.charCodeAt(i)
  view.setUint32(8, fileFormatNumber, true)
  view.setUint32(16, header.number >>> 0, true)
  view.setUint32(20, Math.floor(header.number / 2 ** 32), true)
  view.setUint32(24, header.storeId.low, true)
  view.setUint32(28, header.storeId.high, true)
  xxh64(bytes, 0, 32, 0, 0)
  view.setUint32(32, hashResult.low, true)
  view.setUint32(36, hashResult.high, true)
  return bytes
}

/** Throws `CorruptionError` when the bytes are no header, `UnsupportedFormatError` when it is a newer one. */
export function decodeFileHeader(bytes: Uint8Array, kind: HeaderKind, path: string): FileHeader {
  const problem = headerProblem(bytes, kind)
  if (problem !== undefined) throw new CorruptionError(problem, path, 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, fileHeaderSizeBytes)
  const format = view.getUint32(8, true)
  if (format !== fileFormatNumber) {
    throw new UnsupportedFormatError(
      `${path} has format ${format}; this release of varve reads format ${fileFormatNumber}. Use a newer release`,
    )
  }
  return {
    kind,
    number: view.getUint32(16, true) + view.getUint32(20, true) * 2 ** 32,
    storeId: { low: view.getUint32(24, true), high: view.getUint32(28, true) },
  }
}

/** What is wrong with a header, or `undefined` when its bytes are whole. */
export function headerProblem(bytes: Uint8Array, kind: HeaderKind): string | undefined {
  if (bytes.length < fileHeaderSizeBytes) return `the ${kind} ends inside its header`
  for (let i = 0; i < 8; i++) {
    if (bytes[i] !== magics[kind].charCodeAt(i)) return `this is no ${kind} of a varve store`
  }
  xxh64(bytes, 0, 32, 0, 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, fileHeaderSizeBytes)
  if (view.getUint32(32, true) !== hashResult.low || view.getUint32(36, true) !== hashResult.high) {
    return `the header of the ${kind} fails its checksum`
  }
  return undefined
}
