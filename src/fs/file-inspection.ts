/**
 * What a file of a store shows of itself when it is looked into without opening the store: plain data for people
 * and programs. Each kind of file has its inspector beside its format; all of them show what is intact, and what
 * is not as parts of kind `damaged`, because they are used on broken stores.
 */
import { CorruptionError } from '../errors.ts'

export type InspectedFileKind = 'segment' | 'log' | 'manifest' | 'current' | 'closed'

/** A stretch of a file. */
export interface FilePart {
  /** Bytes from the start of the file. */
  readonly offset: number
  /** Bytes; 0 where something is missing. */
  readonly length: number
  /**
   * What lies there: `header`, `group`, `edit`, `room`, `columnar block` … `damaged` is what fails its checks, `unknown`
   * what is intact but was made by a later release.
   */
  readonly kind: string
  /** By `kind`. Keys are bytes; of a damaged or unknown part `reason` says what is wrong. */
  readonly details: Readonly<Record<string, unknown>>
}

/** What `inspectFile` finds. */
export interface FileInspection {
  readonly kind: InspectedFileKind
  /** Facts about the whole file, as far as they can be told: number, format, counts … By `kind`. */
  readonly properties: Readonly<Record<string, unknown>>
  /** In the order of the file. */
  readonly parts: readonly FilePart[]
}

/** What an error says about a damage, without the place, which a part has anyway. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof CorruptionError)) return message
  return message.replace(` (${error.path}, offset ${error.offset})`, '')
}
