/** Files of a damaged store, read whole into memory. */
import type { FileSystem } from '../fs/file-system.ts'
import { BlockMemory } from '../segment/block-memory.ts'

/** The bytes of a file. */
export async function readWhole(fs: FileSystem, path: string): Promise<Uint8Array> {
  const { memory, sizeBytes } = await readWholeAligned(fs, path)
  return memory.bytes.subarray(0, sizeBytes)
}

/** The bytes of a file in memory that blocks can be read from. */
export async function readWholeAligned(
  fs: FileSystem,
  path: string,
): Promise<{ memory: BlockMemory; sizeBytes: number }> {
  const file = await fs.open(path, 'read')
  try {
    const memory = new BlockMemory(await file.size())
    return { memory, sizeBytes: await file.read(memory.bytes, 0) }
  } finally {
    await file.close()
  }
}
