/**
 * CURRENT names the manifest that counts. It is replaced whole, and only after the manifest it names, and the
 * directory entry of that, are on stable storage: a pointer never comes before its target.
 */
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { CorruptionError } from '../errors.ts'
import { readWholeFile, replaceFile, writeFileAtomically } from '../fs/atomic-write.ts'
import { currentFileName, joinPath } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import type { StoreId } from '../log/file-header.ts'
import { decodeCheckedText, encodeCheckedText, numberField } from './checked-text.ts'

export interface Current {
  readonly storeId: StoreId
  readonly manifestNumber: number
  /** How many bytes of that manifest were on stable storage when CURRENT was written. */
  readonly manifestSyncedLength: number
}

const sizeLimitBytes = 4096

export async function writeCurrent(fs: FileSystem, directory: string, current: Current): Promise<void> {
  await writeFileAtomically(fs, directory, currentFileName, encodeCurrent(current))
}

/**
 * {@link writeCurrent} without the sync of the directory: for a CURRENT that says more about the same manifest, so
 * that the old one stays true.
 */
export async function replaceCurrent(fs: FileSystem, directory: string, current: Current): Promise<void> {
  await replaceFile(fs, directory, currentFileName, encodeCurrent(current))
}

export async function readCurrent(fs: FileSystem, directory: string): Promise<Current> {
  const path = joinPath(directory, currentFileName)
  return decodeCurrent(await readWholeFile(fs, path, sizeLimitBytes), path)
}

function encodeCurrent(current: Current): Uint8Array {
  return encodeCheckedText('current', {
    store: hexOf64(current.storeId.high, current.storeId.low),
    manifest: String(current.manifestNumber),
    synced: String(current.manifestSyncedLength),
  })
}

export function decodeCurrent(bytes: Uint8Array, path: string): Current {
  const fields = decodeCheckedText(bytes, 'current', path)
  return {
    storeId: parseStoreId(fields.get('store'), path),
    manifestNumber: numberField(fields, 'manifest', path),
    manifestSyncedLength: numberField(fields, 'synced', path),
  }
}

function parseStoreId(text: string | undefined, path: string): StoreId {
  if (text === undefined || !/^[0-9a-f]{16}$/.test(text)) {
    throw new CorruptionError('the field "store" is missing or no store id', path, 0)
  }
  return { high: Number.parseInt(text.slice(0, 8), 16), low: Number.parseInt(text.slice(8), 16) }
}
