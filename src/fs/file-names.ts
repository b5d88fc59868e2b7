/**
 * The names of the files in a store's folder. Numbers are decimal, padded to six digits and longer when they
 * must; one counter serves logs, segments and manifests, so no number is ever used twice. No two names differ
 * in case alone, because macOS and Windows could not tell them apart.
 *
 * ```
 * 000012.log       log                    CURRENT       which manifest is valid
 * 000013.seg       segment                CURRENT.tmp   the next CURRENT, being written
 * MANIFEST-000014  manifest               CLOSED        proof of a clean close
 * LOCK, lock.sock  who has the folder     LOCK-*, lock-*.sock  a LOCK or socket coming or going
 * ```
 */

export const currentFileName = 'CURRENT'
export const closedFileName = 'CLOSED'
export const lockFileName = 'LOCK'
export const lockSocketName = 'lock.sock'

/** What a name in the folder stands for. */
export type FileName =
  | { readonly kind: 'log' | 'segment' | 'manifest'; readonly number: number }
  | { readonly kind: 'current' | 'closed' | 'lock' | 'temporary' }

export function logFileName(number: number): string {
  return `${encodeNumber(number)}.log`
}

export function segmentFileName(number: number): string {
  return `${encodeNumber(number)}.seg`
}

export function manifestFileName(number: number): string {
  return `MANIFEST-${encodeNumber(number)}`
}

/** The name under which the next content of `name` is written before it is renamed. */
export function temporaryFileName(name: string): string {
  return `${name}.tmp`
}

/** What `name` stands for; `undefined` when no release of Varve writes such a name: leave the file alone. */
export function parseFileName(name: string): FileName | undefined {
  if (name === currentFileName) return { kind: 'current' }
  if (name === closedFileName) return { kind: 'closed' }
  if (name === temporaryFileName(currentFileName) || name === temporaryFileName(closedFileName)) {
    return { kind: 'temporary' }
  }
  if (/^(LOCK|lock\.sock|LOCK-[0-9a-z-]+|lock-[0-9a-z-]+\.sock)$/.test(name)) return { kind: 'lock' }
  const numbered = /^(MANIFEST-)?(\d{6,16})(\.log|\.seg)?$/.exec(name)
  if (numbered === null) return undefined
  const [, prefix, digits, ending] = numbered
  // One number has one name: anything else under its number is not ours.
  const number = Number(digits)
  if (!Number.isSafeInteger(number) || encodeNumber(number) !== digits) return undefined
  if (prefix !== undefined) return ending === undefined ? { kind: 'manifest', number } : undefined
  if (ending === '.log') return { kind: 'log', number }
  if (ending === '.seg') return { kind: 'segment', number }
  return undefined
}

/** The path of `name` inside `directory`. `/` separates on every platform, Windows included. */
export function joinPath(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`
}

function encodeNumber(number: number): string {
  return String(number).padStart(6, '0')
}
