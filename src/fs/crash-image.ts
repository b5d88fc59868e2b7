/**
 * What a file may hold after the power failed: every write since the last sync kept, lost or torn. The disk
 * and the page cache work in sectors, so each sector is found as it was at some moment since the sync, each at
 * a moment of its own; the size likewise.
 *
 * - `ordered`, like ext4 with ordered data: the size does not cover a new block before its content is there.
 *   Only the block in which the synced content ended may show zeros.
 * - `posix`: nothing binds size and content. New sectors whose content was lost hold zeros or garbage.
 *
 * The random choices lean to the extremes (all, nothing, a prefix in time), because that is where plain bugs
 * show; the rest is mixed freely.
 */
import type { InodeHistory, PendingWrite } from './memory-inode.ts'
import type { SeededRandom } from './seeded-random.ts'

export type CrashProfile = 'ordered' | 'posix'

/** File systems give out space in blocks of this size. */
const blockSizeBytes = 4_096

/** The content of a file after a crash. A file without pending writes comes back as it was synced. */
export function crashImage(history: InodeHistory, random: SeededRandom, profile: CrashProfile): Uint8Array {
  const { durable, pending } = history
  if (pending.length === 0) return durable

  const sectorSizeBytes = random.chance(0.5) ? 512 : blockSizeBytes
  const size = chooseSize(history, sectorSizeBytes, random)
  const image = new Uint8Array(size)
  image.set(durable.subarray(0, size))
  if (profile === 'posix' && random.chance(0.5)) fillWithGarbage(image, durable.length, random)

  const firstNewBlock = Math.ceil(durable.length / blockSizeBytes) * blockSizeBytes
  const chooseVersion = versionChooser(pending.length, random)
  for (const [sector, touching] of writesBySector(pending, sectorSizeBytes)) {
    const start = sector * sectorSizeBytes
    const end = Math.min(start + sectorSizeBytes, size)
    if (start >= end) continue
    let version = chooseVersion(touching)
    if (profile === 'ordered' && start >= firstNewBlock) {
      version = Math.max(version, versionThatReached(end, pending, touching))
    }
    // Below the sector's first surviving write a gap reads as zeros, whatever garbage was put there.
    if (version > 0) image.fill(0, Math.max(start, Math.min(durable.length, end)), end)
    for (let index = 0; index < version; index++) {
      copyPart(image, pending[touching[index]!]!, start, end)
    }
  }
  return image
}

/** The size at some moment, or (for a write torn on its way) at a border of a sector between two moments. */
function chooseSize(history: InodeHistory, sectorSizeBytes: number, random: SeededRandom): number {
  const { durable, pending } = history
  const last = pending[pending.length - 1]!.sizeAfter
  const manner = random.upTo(3)
  if (manner === 0) return durable.length
  if (manner === 1) return last
  if (manner === 2) return pending[random.upTo(pending.length - 1)]!.sizeAfter
  const between = durable.length + random.upTo(last - durable.length)
  return Math.max(durable.length, between - (between % sectorSizeBytes))
}

/**
 * A choice, for one sector, of how many of the writes that touched it are in it. `touching` holds their
 * indexes, ascending.
 */
function versionChooser(writeCount: number, random: SeededRandom): (touching: readonly number[]) => number {
  const manner = random.upTo(3)
  if (manner === 0) return () => 0
  if (manner === 1) return (touching) => touching.length
  if (manner === 2) {
    // All writes before one moment; the one at that moment is torn.
    const torn = random.upTo(writeCount - 1)
    return (touching) => {
      let version = 0
      while (version < touching.length && touching[version]! < torn) version++
      return touching[version] === torn && random.chance(0.5) ? version + 1 : version
    }
  }
  return (touching) => random.upTo(touching.length)
}

/** How many of the writes to a sector had happened when the file first reached `end`. */
function versionThatReached(
  end: number,
  pending: readonly PendingWrite[],
  touching: readonly number[],
): number {
  const reached = pending.findIndex((write) => write.sizeAfter >= end)
  let version = 0
  while (version < touching.length && touching[version]! <= reached) version++
  return version
}

function writesBySector(pending: readonly PendingWrite[], sectorSizeBytes: number): Map<number, number[]> {
  const bySector = new Map<number, number[]>()
  for (const [index, write] of pending.entries()) {
    const last = Math.floor((write.position + write.bytes.length - 1) / sectorSizeBytes)
    for (let sector = Math.floor(write.position / sectorSizeBytes); sector <= last; sector++) {
      const touching = bySector.get(sector)
      if (touching === undefined) bySector.set(sector, [index])
      else touching.push(index)
    }
  }
  return bySector
}

/** Copies what `write` put between `start` and `end`. */
function copyPart(image: Uint8Array, write: PendingWrite, start: number, end: number): void {
  const from = Math.max(start, write.position)
  const to = Math.min(end, write.position + write.bytes.length)
  if (from < to) image.set(write.bytes.subarray(from - write.position, to - write.position), from)
}

/** One sector of noise, repeated: as strange to a reader as noise throughout, and quick to make. */
function fillWithGarbage(image: Uint8Array, start: number, random: SeededRandom): void {
  const noise = Uint8Array.from({ length: 512 }, () => random.upTo(255))
  for (let from = start; from < image.length; from += noise.length) {
    image.set(noise.subarray(0, image.length - from), from)
  }
}
