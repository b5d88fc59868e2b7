/** The store that the pages on file formats show byte by byte. Everything in it is the same at each run. */
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

/** The files of a store. */
export interface ExampleFolder {
  /** The bytes of the only file, or the first by number, whose name contains `part`. */
  read(part: string): Promise<Uint8Array>
}

/** The folder while the store is open, and after it was closed. */
export async function makeExampleStore(): Promise<{ running: ExampleFolder; closed: ExampleFolder }> {
  const storeId = [0x5eed_1e55, 0xc0ff_ee42]
  const fileSystem = new MemoryFileSystem()
  const store = await LogStructuredStore.open('/store', { fileSystem, random: () => storeId.shift() ?? 0 })
  await store.put('apple', 'red')
  await store.batch(
    [
      { type: 'put', key: 'banana', value: 'yellow' },
      { type: 'delete', key: 'apple' },
    ],
    { durability: 'disk' },
  )
  await store.put('cherry', 'rot')
  const running = fileSystem.killed()
  await store.close()
  return { running: folderOf(running), closed: folderOf(fileSystem) }
}

function folderOf(fs: MemoryFileSystem): ExampleFolder {
  return {
    read: async (part) => {
      const names = (await fs.list('/store')).map(({ name }) => name).sort()
      const file = fs.openSync(`/store/${names.find((name) => name.includes(part))}`, 'read')
      const bytes = new Uint8Array(file.sizeSync())
      file.readSync(bytes, 0)
      return bytes
    },
  }
}
