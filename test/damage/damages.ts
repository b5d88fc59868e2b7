/** What can happen to the bytes of a file, and to files as a whole. */
import type { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import type { SeededRandom } from '../../src/fs/seeded-random.ts'
import { readFileOf } from '../crash/files-of-store.ts'

/** One damage to one file. */
export interface Damage {
  readonly name: string
  /** The bytes afterwards; `undefined` when the file is gone. */
  apply(bytes: Uint8Array): Uint8Array | undefined
}

/** One bit of one byte. */
export function flip(offset: number, bit: number): Damage {
  return {
    name: `bit ${bit} of byte ${offset} flipped`,
    apply: (bytes) => {
      const damaged = Uint8Array.from(bytes)
      damaged[offset] = (damaged[offset] as number) ^ (1 << bit)
      return damaged
    },
  }
}

function zero(offset: number, length: number): Damage {
  return {
    name: `${length} bytes from ${offset} on are zero`,
    apply: (bytes) => Uint8Array.from(bytes).fill(0, offset, offset + length),
  }
}

function cut(length: number): Damage {
  return { name: `cut to ${length} bytes`, apply: (bytes) => bytes.slice(0, length) }
}

function moved(from: number, to: number, length: number): Damage {
  return {
    name: `${length} bytes from ${from} on lie also at ${to}`,
    apply: (bytes) => Uint8Array.from(bytes).copyWithin(to, from, from + length),
  }
}

function lengthened(extra: Uint8Array): Damage {
  return {
    name: `${extra.length} bytes too many`,
    apply: (bytes) => Uint8Array.from([...bytes, ...extra]),
  }
}

const emptied: Damage = { name: 'empty', apply: () => new Uint8Array(0) }
const deleted: Damage = { name: 'gone', apply: () => undefined }

/**
 * `count` damages of every kind to a file of so many bytes; over half of them are flips, spread over the file. Of an
 * empty file few change anything.
 */
export function damagesOf(sizeBytes: number, count: number, random: SeededRandom): Damage[] {
  const offset = (): number => random.upTo(Math.max(0, sizeBytes - 1))
  const damages: Damage[] = [
    emptied,
    deleted,
    cut(Math.max(0, sizeBytes - 1)),
    lengthened(new Uint8Array(64)),
  ]
  damages.push(lengthened(Uint8Array.from({ length: 56 }, offset)))
  const flipCount = Math.ceil(0.6 * (count - damages.length))
  for (let i = 0; i < flipCount; i++) {
    const spread = Math.floor((i * sizeBytes) / flipCount) + random.upTo(9)
    damages.push(flip(Math.min(sizeBytes - 1, spread), random.upTo(7)))
  }
  while (damages.length < count) {
    const start = offset()
    damages.push(zero(start, 1 + random.upTo(600)), cut(start), moved(start, offset(), 1 + random.upTo(300)))
  }
  return damages
}

/** Replaces the content of a file, or removes it. */
export async function replaceFile(
  fs: MemoryFileSystem,
  path: string,
  bytes: Uint8Array | undefined,
): Promise<void> {
  await fs.unlink(path)
  if (bytes === undefined) return
  const file = await fs.open(path, 'create')
  await file.write(bytes, 0)
  await file.sync()
  await file.close()
}

/** Whether the damage changed anything at all: zeros over zeros do not. */
export async function damageFile(fs: MemoryFileSystem, path: string, damage: Damage): Promise<boolean> {
  const before = await readFileOf(fs, path)
  const after = damage.apply(before)
  await replaceFile(fs, path, after)
  return (
    after === undefined || after.length !== before.length || after.some((byte, at) => byte !== before[at])
  )
}
