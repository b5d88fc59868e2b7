/** Stores so small that a short run flushes and compacts, in virtual time, all in this thread. */
import type { FileSystem } from '../../src/fs/file-system.ts'
import type { ReadOptions } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { StoreOptions, TuningOptions } from '../../src/store/settings.ts'
import type { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import type { Content } from './commit-history.ts'

const KiB = 1024

export const storePath = '/stores/one'

const tinyTuning: TuningOptions = {
  arenaSizeBytes: 64 * KiB,
  arenaCountMax: 3,
  blockSizeBytes: 512,
  segmentSizeBytesMax: 16 * KiB,
  level0RunCount: 2,
  level1SizeBytes: 32 * KiB,
  levelSizeFactor: 2,
  cacheBudgetBytes: 64 * KiB,
  indexBudgetBytes: 256 * KiB,
}

/** What is written ahead at a time in the log of such a store; no group is just as long. */
export const roomSizeBytes: number = (64 * KiB) / 8

export type SmallStoreOptions = Pick<
  StoreOptions,
  'compaction' | 'compression' | 'durability' | 'tuning' | 'maintenance' | 'scrubIntervalMs'
>

/** What makes a store small. */
export function smallStoreOptions(options: SmallStoreOptions = {}): StoreOptions<string, string> {
  return {
    memoryBudgetBytes: 16 * KiB * KiB,
    ...options,
    tuning: { ...tinyTuning, ...options.tuning },
  }
}

export function openSmallStore(
  fileSystem: FileSystem,
  time: VirtualTime,
  options: SmallStoreOptions = {},
): Promise<LogStructuredStore> {
  return LogStructuredStore.open(storePath, {
    ...smallStoreOptions(options),
    fileSystem,
    clock: time,
    scheduler: time,
  })
}

export async function contentOf(store: LogStructuredStore, options: ReadOptions = {}): Promise<Content> {
  const content: [string, string][] = []
  const iterator = store.entries(options)
  for (let items = await iterator.nextMany(1000); items.length > 0; items = await iterator.nextMany(1000)) {
    content.push(...items)
  }
  await iterator.close()
  return content
}
