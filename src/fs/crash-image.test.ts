/** Random writes and syncs, then a crash: every sector is one that the file had, where the profile says so. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CrashProfile, crashImage } from './crash-image.ts'
import { MemoryInode } from './memory-inode.ts'
import { SeededRandom } from './seeded-random.ts'

const sectorSizeBytes = 512
const blockSizeBytes = 4_096

type Step = { position: number; length: number } | 'append' | 'sync'

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ position: fc.nat({ max: 9_000 }), length: fc.integer({ min: 1, max: 6_000 }) }),
    },
    { weight: 4, arbitrary: fc.constant('append' as const) },
    { weight: 1, arbitrary: fc.constant('sync' as const) },
  ),
  { maxLength: 12, size: 'max' },
)

/** The file after each step since the last sync, that one included, oldest first. */
function versionsOf(steps: readonly Step[], inode: MemoryInode): Uint8Array[] {
  let versions = [new Uint8Array(0)]
  for (const [index, step] of steps.entries()) {
    if (step === 'sync') {
      inode.sync()
      versions = versions.slice(-1)
      continue
    }
    // Never zero, so that what was written differs from what was not.
    const { position, length } = step === 'append' ? { position: inode.size, length: 700 } : step
    inode.write(new Uint8Array(length).fill(index + 1), position)
    const version = new Uint8Array(inode.size)
    inode.read(version, 0)
    versions.push(version)
  }
  return versions
}

/** A sector of a version, zeros where the version has ended, cut where the image ends. */
function sectorOf(version: Uint8Array, start: number, end: number): Uint8Array {
  const sector = new Uint8Array(end - start)
  sector.set(version.subarray(start, end))
  return sector
}

for (const profile of ['ordered', 'posix'] satisfies CrashProfile[]) {
  test(`every sector is as it was at some moment since the sync (${profile})`, () => {
    fc.assert(
      fc.property(steps, fc.nat(), (steps, seed) => {
        const inode = new MemoryInode()
        const versions = versionsOf(steps, inode)
        const durable = versions[0]!
        const image = crashImage(inode.history(), new SeededRandom(seed), profile)
        expect(image.length).toBeGreaterThanOrEqual(durable.length)
        expect(image.length).toBeLessThanOrEqual(inode.size)
        const firstNewBlock = Math.ceil(durable.length / blockSizeBytes) * blockSizeBytes
        for (let start = 0; start < image.length; start += sectorSizeBytes) {
          let end = Math.min(start + sectorSizeBytes, image.length)
          // What lies behind the synced end may be anything.
          if (profile === 'posix') end = Math.min(end, Math.max(start, durable.length))
          const found = image.subarray(start, end)
          const candidates = versions.filter(
            (version) => profile === 'posix' || start < firstNewBlock || version.length >= end,
          )
          const isKnown = candidates.some(
            (version) => Buffer.compare(sectorOf(version, start, end), found) === 0,
          )
          expect(isKnown, `sector at ${start}`).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
}

test('nothing is lost that was synced, and nothing is at risk behind it', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (steps, seed) => {
      const inode = new MemoryInode()
      const versions = versionsOf([...steps, 'sync'], inode)
      expect(inode.isSynced).toBe(true)
      for (const profile of ['ordered', 'posix'] as const) {
        const image = crashImage(inode.history(), new SeededRandom(seed), profile)
        expect(Buffer.compare(image, versions[0]!)).toBe(0)
      }
    }),
  )
})

test('what was written over synced bytes may be there, or not, or a sector of it without the one before', () => {
  const inode = new MemoryInode()
  inode.write(new Uint8Array(4 * blockSizeBytes), 0)
  inode.sync()
  inode.write(new Uint8Array(3 * sectorSizeBytes).fill(7), 3 * sectorSizeBytes)
  const found = new Set<string>()
  for (const profile of ['ordered', 'posix'] as const) {
    for (let seed = 0; seed < 100; seed++) {
      const image = crashImage(inode.history(), new SeededRandom(seed), profile)
      expect(image).toHaveLength(4 * blockSizeBytes)
      const sectors = Array.from({ length: 8 }, (_, i) => image.subarray(i * 512, (i + 1) * 512))
      expect(sectors.every((sector) => sector.every((byte) => byte === sector[0]))).toBe(true)
      found.add(`${profile} ${sectors.map(([byte]) => byte).join('')}`)
    }
  }
  for (const profile of ['ordered', 'posix'])
    for (const image of ['00000000', '00077700', '00007700', '00070000'])
      expect(found).toContain(`${profile} ${image}`)
})
