/** The numbers that decide the shape of new segments. A reader takes every shape. */

export interface SegmentSettings {
  /** The most bytes a columnar block may have: 64 to 4,096. Larger entries get blocks of their own. */
  readonly blockSizeBytes: number
  /** A segment is closed at the first border between keys past this size. */
  readonly segmentSizeBytes: number
  /** A segment is closed at the first border between keys past this many blocks: at most 60,000. */
  readonly blockCountMax: number
  /** Bytes gathered before each write to the file. */
  readonly outputBufferBytes: number
  /** How blocks are compressed that become smaller by it. */
  readonly compression: 'lz4' | 'none'
  /** The file is synced each time this much was written, so that the last sync is a short one. */
  readonly syncEveryBytes: number
}

export const defaultSegmentSettings: SegmentSettings = {
  blockSizeBytes: 4096,
  segmentSizeBytes: 64 * 1024 * 1024,
  blockCountMax: 60_000,
  outputBufferBytes: 1024 * 1024,
  compression: 'none',
  syncEveryBytes: 4 * 1024 * 1024,
}
