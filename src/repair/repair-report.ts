/** What a repair tells: what it saved, what it could not, and between which keys something may be missing. */

/** Between these keys; an absent bound means from the first key, or to the last. As in scans. */
export interface LostKeys {
  readonly gt?: Uint8Array
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly lte?: Uint8Array
}

/** A damage that may have cost entries. */
export interface LostRange {
  /** The damaged or missing file. */
  readonly path: string
  /** Where in it, in bytes from its start; `length` is 0 where something is missing. */
  readonly offset: number
  readonly length: number
  readonly reason: string
  /**
   * Here entries may be missing, may have an older value than they had, or may be back although they were deleted:
   * the damage may have held newer ones. Outside of all such ranges every entry is the newest.
   */
  readonly keys: LostKeys
  /** No lost entry is newer than this place in the order of writes, where that is known. */
  readonly newestSequence: number | undefined
}

/** A file in which something is damaged, whether that cost entries or not. */
export interface DamagedFile {
  readonly path: string
  readonly offset: number
  readonly reason: string
}

export interface RepairReport {
  /** Whether nothing is lost or in doubt: the new store has everything, in its newest version. */
  readonly ok: boolean
  /** The new store. */
  readonly target: string
  /** Entries in the new store. */
  readonly entryCount: number
  /** Bytes of their keys and values. */
  readonly byteCount: number
  /** Entries of the new store that a lost newer one may have replaced or deleted. */
  readonly doubtfulCount: number
  /** Segments and logs that entries were read from. */
  readonly readFiles: readonly string[]
  /** Segments and logs that the store did not use any more. */
  readonly unusedFiles: readonly string[]
  readonly damagedFiles: readonly DamagedFile[]
  readonly lost: readonly LostRange[]
}

/** How far a repair is. */
export interface RepairProgress {
  /** First all files are read and verified, then what is whole is written to the new store. */
  readonly phase: 'reading' | 'writing'
  /** Bytes of files; `writing` counts those of the entries it has gone through. */
  readonly doneBytes: number
  readonly totalBytes: number
  /** Entries written so far. */
  readonly entryCount: number
}
