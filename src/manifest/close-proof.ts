/**
 * CLOSED proves a clean close: it was written when everything was on stable storage, and says how long the
 * manifest, and the last log if one had to stay, then were. With it, anything shorter, longer or different is
 * damage, never a torn tail. Opening removes it, durably, before the first change to the folder.
 */
import { CorruptionError, systemCodeOf } from '../errors.ts'
import { readWholeFile, writeFileAtomically } from '../fs/atomic-write.ts'
import { closedFileName, joinPath } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { decodeCheckedText, encodeCheckedText, numberField } from './checked-text.ts'

export interface CloseProof {
  readonly manifestNumber: number
  readonly manifestLength: number
  /** The logs that stayed, because the disk was too full to flush them, by number. Mostly empty. */
  readonly logs: readonly { readonly number: number; readonly length: number }[]
  readonly lastSequence: number
}

const sizeLimitBytes = 64 * 1024

export async function writeCloseProof(fs: FileSystem, directory: string, proof: CloseProof): Promise<void> {
  await writeFileAtomically(fs, directory, closedFileName, encodeCloseProof(proof))
}

/** The proof, or `undefined` when the store was not closed cleanly. */
export async function readCloseProof(fs: FileSystem, directory: string): Promise<CloseProof | undefined> {
  const path = joinPath(directory, closedFileName)
  try {
    return decodeCloseProof(await readWholeFile(fs, path, sizeLimitBytes), path)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Removes the proof, durably. Fine when it is removed already, or just being removed: then it is made durable. */
export async function consumeCloseProof(fs: FileSystem, directory: string): Promise<void> {
  await fs.unlink(joinPath(directory, closedFileName)).catch(toleratesMissing)
  await fs.syncDirectory(directory)
}

/** {@link consumeCloseProof}, blocking. */
export function consumeCloseProofSync(fs: FileSystem, directory: string): void {
  try {
    fs.unlinkSync(joinPath(directory, closedFileName))
  } catch (error) {
    toleratesMissing(error)
  }
  fs.syncDirectorySync(directory)
}

function toleratesMissing(error: unknown): void {
  if (systemCodeOf(error) !== 'ENOENT') throw error
}

function encodeCloseProof(proof: CloseProof): Uint8Array {
  return encodeCheckedText('closed', {
    manifest: String(proof.manifestNumber),
    'manifest-length': String(proof.manifestLength),
    logs: proof.logs.map((log) => `${log.number}:${log.length}`).join(','),
    'last-sequence': String(proof.lastSequence),
  })
}

export function decodeCloseProof(bytes: Uint8Array, path: string): CloseProof {
  const fields = decodeCheckedText(bytes, 'closed', path)
  return {
    manifestNumber: numberField(fields, 'manifest', path),
    manifestLength: numberField(fields, 'manifest-length', path),
    logs: parseLogs(fields.get('logs') ?? '', path),
    lastSequence: numberField(fields, 'last-sequence', path),
  }
}

function parseLogs(text: string, path: string): CloseProof['logs'] {
  if (text === '') return []
  return text.split(',').map((part) => {
    const [number, length] = part.split(':').map(Number)
    if (!Number.isSafeInteger(number) || !Number.isSafeInteger(length)) {
      throw new CorruptionError(`the field "logs" is not a list of number:length pairs`, path, 0)
    }
    return { number: number as number, length: length as number }
  })
}
