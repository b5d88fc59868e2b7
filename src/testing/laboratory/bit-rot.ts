/** Bits that turn over while nobody looks: what a medium does to files over the years. */

import { joinPath } from '../../fs/file-names.ts'
import type { FileSystem } from '../../fs/file-system.ts'
import type { SeededRandom } from '../../fs/seeded-random.ts'

/** A bit that was turned over. */
export interface RottenBit {
  readonly path: string
  /** The byte, from the beginning of the file. */
  readonly offset: number
  /** 0 to 7, the lowest first. */
  readonly bit: number
}

/**
 * Turns over `count` bits in the files of `folder`, each byte of them as likely as any other. No store may have
 * the folder open. Less than `count` come back only when the files hold no bytes.
 */
export async function rotBits(
  fileSystem: FileSystem,
  folder: string,
  random: SeededRandom,
  count = 1,
): Promise<RottenBit[]> {
  const sizes = await sizesOf(fileSystem, folder)
  const total = sizes.reduce((sum, { size }) => sum + size, 0)
  const turned: RottenBit[] = []
  while (turned.length < count && total > 0) {
    const rotten = { ...placeOf(sizes, random.upTo(total - 1)), bit: random.upTo(7) }
    await turnOver(fileSystem, rotten)
    turned.push(rotten)
  }
  return turned
}

async function sizesOf(fileSystem: FileSystem, folder: string): Promise<{ path: string; size: number }[]> {
  const entries = await fileSystem.list(folder)
  const names = entries.filter(({ kind }) => kind === 'file').map(({ name }) => name)
  const sizes: { path: string; size: number }[] = []
  for (const name of names.sort()) {
    const path = joinPath(folder, name)
    const file = await fileSystem.open(path, 'read')
    sizes.push({ path, size: await file.size() })
    await file.close()
  }
  return sizes
}

/** Where the byte is that has this place among the bytes of all files. */
function placeOf(
  sizes: readonly { readonly path: string; readonly size: number }[],
  place: number,
): { path: string; offset: number } {
  let offset = place
  for (const { path, size } of sizes) {
    if (offset < size) return { path, offset }
    offset -= size
  }
  throw new RangeError(`the files hold ${place - offset} bytes, and byte ${place} was asked for`)
}

async function turnOver(fileSystem: FileSystem, { path, offset, bit }: RottenBit): Promise<void> {
  const file = await fileSystem.open(path, 'update')
  const byte = new Uint8Array(1)
  await file.read(byte, offset)
  byte[0] = (byte[0] as number) ^ (1 << bit)
  await file.write(byte, offset)
  await file.sync()
  await file.close()
}
