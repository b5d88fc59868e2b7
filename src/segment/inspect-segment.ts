/**
 * Shows what is in a segment: its blocks with the first and last key of each, its regions, its footer. Needs no
 * manifest and trusts no index: blocks are found one behind the other, and where one is damaged the next intact
 * one is searched.
 */
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { createEntryView, EntryKind } from '../entry/entry.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { type FileInspection, type FilePart, reasonOf } from '../fs/file-inspection.ts'
import { checkBlock, hashAt } from './block-check.ts'
import { BlockMemory } from './block-memory.ts'
import { BlockReader } from './block-reader.ts'
import { emptySlot } from './hash-index.ts'
import { decodeProperties, PropertyNumber } from './property-table.ts'
import {
  BlockKind,
  blockHeaderSizeBytes,
  blockSizeBytesMax,
  decodeFooter,
  type Footer,
  footerMagicOffset,
  footerSizeBytes,
  getNumber,
  hasMagic,
  headerChecksumOffset,
  headerFormatOffset,
  headerNumberOffset,
  headerSizeBytes,
  type Region,
  segmentFormatNumber,
} from './segment-format.ts'
