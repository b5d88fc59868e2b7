/** The stores that adapters are tested over: the one on disk, on a disk in memory, and the one in memory. */
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { InMemoryStore } from '../../src/store/in-memory-store.ts'
import type { SyncKeyValueStore } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

type TestedStore = SyncKeyValueStore<string, Uint8Array>

export const storeKinds: readonly [name: string, open: () => Promise<TestedStore>][] = [
  [
    'LogStructuredStore',
    () => LogStructuredStore.open('/store', { valueEncoding: 'bytes', fileSystem: new MemoryFileSystem() }),
  ],
  ['InMemoryStore', async () => InMemoryStore.open({ valueEncoding: 'bytes' })],
]
