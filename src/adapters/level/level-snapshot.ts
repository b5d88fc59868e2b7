/** Explicit snapshots of Level. abstract-level counts the reads that use one, and closes it after the last. */
import { AbstractSnapshot } from 'abstract-level'
import type { ReadOptions, Snapshot } from '../../store/key-value-store.ts'
import { LevelError } from './level-error.ts'

/** The constructor of abstract-level's class, which its types leave out. */
type SnapshotConstructor = new (options: object) => AbstractSnapshot

const SnapshotBase: SnapshotConstructor = AbstractSnapshot as unknown as SnapshotConstructor

export class LevelSnapshot extends SnapshotBase {
  /** The store's own snapshot. */
  readonly inner: Snapshot

  constructor(inner: Snapshot, options: object) {
    super(options)
    this.inner = inner
  }

  protected async _close(): Promise<void> {
    this.inner.close()
  }
}

/** The options of a read in Level as those of the store. */
export function readOptionsOf({ snapshot }: { readonly snapshot?: unknown }): ReadOptions | undefined {
  return snapshot === undefined || snapshot === null ? undefined : { snapshot: ownSnapshot(snapshot).inner }
}

/** For what abstract-level does not check: throws its `LEVEL_SNAPSHOT_NOT_OPEN` when the snapshot is closed. */
export function openSnapshotOf(given: unknown): Snapshot {
  const snapshot = ownSnapshot(given)
  snapshot.ref()
  snapshot.unref()
  return snapshot.inner
}

/** Whether it is one of the same store is the store's to check. */
function ownSnapshot(snapshot: unknown): LevelSnapshot {
  if (snapshot instanceof LevelSnapshot) return snapshot
  throw new LevelError(
    'LEVEL_INVALID_ARGUMENT',
    'the snapshot was made by another database; each one reads its own',
  )
}
