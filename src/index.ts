/** Varve: an embedded, ordered, durable key-value store. This file is the whole public surface. */

export type { CustomEncoding, Encoding, EncodingChoice, EncodingName } from './encoding/encoding.ts'
export type { EncodedTypes } from './encoding/resolve-encoding.ts'
export type { Tuple, TupleElement } from './encoding/tuple-format.ts'
export {
  ClosedError,
  CorruptionError,
  DiskFullError,
  InvalidArgumentError,
  LockedError,
  type LockHolder,
  StorageError,
  StoreError,
  UnsupportedFormatError,
} from './errors.ts'
export type { FileInspection, FilePart, InspectedFileKind } from './fs/file-inspection.ts'
export type { DirectoryEntry, DirectoryLock, File, FileSystem, Files, OpenMode } from './fs/file-system.ts'
export { nodeFileSystem } from './fs/node-file-system.ts'
export { InvariantError } from './invariant.ts'
export { type RepairOptions, repair } from './repair/repair.ts'
export type {
  DamagedFile,
  LostKeys,
  LostRange,
  RepairProgress,
  RepairReport,
} from './repair/repair-report.ts'
export { InMemoryStore, type InMemoryStoreOptions } from './store/in-memory-store.ts'
export { inspectFile } from './store/inspect-file.ts'
export {
  type BatchOperation,
  type ChainedBatch,
  type Durability,
  type EntryIterator,
  type EntryVisitor,
  type KeyBounds,
  KeyValueStore,
  type RangeOptions,
  type ReadOptions,
  type Snapshot,
  type StoreCapabilities,
  SyncKeyValueStore,
  type ViewVisitor,
  type WaitOptions,
  type WriteOptions,
} from './store/key-value-store.ts'
export {
  LogStructuredStore,
  type NamedOptions,
  type OptionsWithoutEncodings,
} from './store/log-structured-store.ts'
export type { StoreOptions, TuningOptions } from './store/settings.ts'
export type { Logger, StoreEventListener, StoreEventMap, StoreEventName } from './store/store-events.ts'
export type {
  CheckProblem,
  CheckReport,
  JobStatus,
  LevelStatus,
  SegmentStatus,
  StoreStatus,
} from './store/store-status.ts'
export type { Clock } from './time/clock.ts'
export type { Scheduler } from './time/scheduler.ts'

import { LogStructuredStore } from './store/log-structured-store.ts'

/** Opens the store in a folder, and makes it when there is none: {@link LogStructuredStore.open}. */
export const open: typeof LogStructuredStore.open = (path: string, options?: object) =>
  LogStructuredStore.open(path, options as object)
