/** Looks into the files of a store without opening it. */

import { joinPath, parseFileName } from '../../src/fs/file-names.ts'
import type { FileSystem } from '../../src/fs/file-system.ts'
import { decodeFileHeader, headerProblem } from '../../src/log/file-header.ts'
import { RecordReader } from '../../src/log/record-reader.ts'
import { storePath } from './small-stores.ts'

export async function readFileOf(fs: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fs.open(path, 'read')
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  await file.close()
  return bytes
}

/** The names of the files of the store, none when its folder is missing. */
export async function namesOf(fs: FileSystem): Promise<string[]> {
  const entries = await fs.list(storePath).catch(() => [])
  return entries.map(({ name }) => name).sort()
}

/** The highest sequence number in any intact record of any log, also behind damage. */
export async function highestSequenceIn(fs: FileSystem): Promise<number> {
  let highest = 0
  for (const name of await namesOf(fs)) {
    if (parseFileName(name)?.kind !== 'log') continue
    const path = joinPath(storePath, name)
    const bytes = await readFileOf(fs, path)
    if (headerProblem(bytes, 'log') !== undefined) continue
    const { number, storeId } = decodeFileHeader(bytes, 'log', path)
    for (const { firstSequence, entryCount } of new RecordReader(bytes, number, storeId).search(0)) {
      highest = Math.max(highest, firstSequence + entryCount - 1)
    }
  }
  return highest
}
