import { describe, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { TuningOptions } from '../../src/store/settings.ts'
import { testKeyValueStore } from '../../src/testing/key-value-store-suite.ts'

/** The same contract over shapes in which everything is in one MemTable, and in which hardly anything is. */
const shapes: Record<string, TuningOptions> = {
  'with default settings': {},
  'with tiny arenas and blocks, and no cache': {
    arenaSizeBytes: 64 * 1024,
    blockSizeBytes: 128,
    segmentSizeBytesMax: 8192,
    level1SizeBytes: 16_384,
    indexBudgetBytes: 0,
    cacheBudgetBytes: 0,
  },
}

for (const [shape, tuning] of Object.entries(shapes)) {
  testKeyValueStore({
    describe,
    test,
    name: `LogStructuredStore ${shape}`,
    open: (encodings) =>
      LogStructuredStore.open('/store', { ...encodings, tuning, fileSystem: new MemoryFileSystem() }),
  })
}
