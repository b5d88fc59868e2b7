import { describe, expect, test } from 'vitest'
import { readWholeFile, writeFileAtomically } from './atomic-write.ts'
import { MemoryFileSystem } from './memory-file-system.ts'

const oldBytes = new TextEncoder().encode('the old content')
const newBytes = new TextEncoder().encode('new'.repeat(3_000))

async function isOldOrNew(fs: MemoryFileSystem): Promise<boolean> {
  const bytes = await readWholeFile(fs, '/CURRENT', 100_000)
  return Buffer.compare(bytes, oldBytes) === 0 || Buffer.compare(bytes, newBytes) === 0
}

describe('writeFileAtomically()', () => {
  test('creates and replaces, and leaves no temporary file', async () => {
    const fs = new MemoryFileSystem()
    await writeFileAtomically(fs, '/', 'CURRENT', oldBytes)
    expect(await readWholeFile(fs, '/CURRENT', 100)).toEqual(oldBytes)
    await writeFileAtomically(fs, '/', 'CURRENT', newBytes)
    expect(await readWholeFile(fs, '/CURRENT', 100_000)).toEqual(newBytes)
    expect(await fs.list('/')).toEqual([{ name: 'CURRENT', kind: 'file' }])
  })

  test('leaves the old or the new content after a crash at any moment', async () => {
    const copies: MemoryFileSystem[] = []
    let isWatching = false
    const fs: MemoryFileSystem = new MemoryFileSystem({
      onOperation: () => {
        if (isWatching) copies.push(fs.killed())
      },
    })
    await writeFileAtomically(fs, '/', 'CURRENT', oldBytes)
    isWatching = true
    await writeFileAtomically(fs, '/', 'CURRENT', newBytes)
    expect(copies.length).toBeGreaterThan(5)
    for (const copy of copies) {
      for (const profile of ['ordered', 'posix'] as const) {
        for (let seed = 0; seed < 50; seed++) {
          const crashed = copy.crashed({ seed, profile })
          expect(await isOldOrNew(crashed), `${profile}, seed ${seed}`).toBe(true)
          // And the work can be done again over what is left.
          await writeFileAtomically(crashed, '/', 'CURRENT', newBytes)
          expect(Buffer.compare(await readWholeFile(crashed, '/CURRENT', 100_000), newBytes)).toBe(0)
        }
      }
    }
  })

  test('has made the new content durable when it resolves', async () => {
    const fs = new MemoryFileSystem()
    await writeFileAtomically(fs, '/', 'CURRENT', oldBytes)
    await writeFileAtomically(fs, '/', 'CURRENT', newBytes)
    for (let seed = 0; seed < 100; seed++) {
      const crashed = fs.crashed({ seed, profile: 'posix' })
      expect(Buffer.compare(await readWholeFile(crashed, '/CURRENT', 100_000), newBytes)).toBe(0)
    }
  })

  test('on a full disk keeps the old content and takes the temporary file away', async () => {
    const fs = new MemoryFileSystem({ capacityBytes: 100 })
    await writeFileAtomically(fs, '/', 'CURRENT', oldBytes)
    await expect(writeFileAtomically(fs, '/', 'CURRENT', newBytes)).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await readWholeFile(fs, '/CURRENT', 100)).toEqual(oldBytes)
    expect(await fs.list('/')).toEqual([{ name: 'CURRENT', kind: 'file' }])
  })
})

describe('readWholeFile()', () => {
  test('refuses a file above the limit, naming it', async () => {
    const fs = new MemoryFileSystem()
    await writeFileAtomically(fs, '/', 'CURRENT', oldBytes)
    expect(await readWholeFile(fs, '/CURRENT', oldBytes.length)).toEqual(oldBytes)
    await expect(readWholeFile(fs, '/CURRENT', oldBytes.length - 1)).rejects.toMatchObject({
      code: 'STORE_CORRUPTION',
      path: '/CURRENT',
    })
  })

  test('of a missing file is ENOENT', async () => {
    await expect(readWholeFile(new MemoryFileSystem(), '/CURRENT', 1)).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})
