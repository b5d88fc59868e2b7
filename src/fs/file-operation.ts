/** What a file system is about to do, as told to those who watch it, inject faults, or take copies. */
import type { OpenMode } from './file-system.ts'

export interface FileOperation {
  readonly name:
    | 'open'
    | 'read'
    | 'write'
    | 'sync'
    | 'size'
    | 'close'
    | 'list'
    | 'makeDirectory'
    | 'rename'
    | 'unlink'
    | 'syncDirectory'
    | 'lock'
  readonly path: string
  /** Counts the operations of one file system from 1. */
  readonly sequence: number
  /** The new name, of a `rename`. */
  readonly to?: string
  /** How the file is opened, of an `open`. */
  readonly mode?: OpenMode
  /** Where in the file, of a `read` or `write`. */
  readonly position?: number
  /** How many bytes, of a `read` or `write`. */
  readonly length?: number
}

/** What belongs to some operations only. */
export type OperationDetails = Pick<FileOperation, 'to' | 'mode' | 'position' | 'length'>
