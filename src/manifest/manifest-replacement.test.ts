import { describe, expect, test } from 'vitest'
import {
  adding,
  failing,
  longBench,
  ManifestBench,
  numbersOf,
  systemError,
  tornBench,
} from '../../test/support/manifest-bench.ts'
import { StorageError, systemCodeOf } from '../errors.ts'
import type { FileOperation } from '../fs/file-operation.ts'
import type { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { closingRotationSizeBytes, rotationSizeBytes } from './manifest.ts'

describe('replacing a manifest', () => {
  test('keeps what an opening replays short, however many edits there are', async () => {
    const bench = await ManifestBench.create()
    let sizeBytesMax = 0
    for (let number = 100; number < 1_500; number += 1) {
      await bench.add(number)
      if (number >= 105) await bench.manifest.append({ added: [], removed: [number - 5] }, () => {})
      sizeBytesMax = Math.max(sizeBytesMax, bench.manifest.sizeBytes)
    }
    expect(sizeBytesMax).toBeGreaterThan(rotationSizeBytes)
    expect(sizeBytesMax).toBeLessThan(70 * 1024)
    expect(await bench.segmentsIn()).toEqual([1495, 1496, 1497, 1498, 1499])
  })

  test('is not waited for when a store closes', async () => {
    const bench = await ManifestBench.create()
    for (let number = 1; bench.manifest.sizeBytes <= closingRotationSizeBytes; number += 1)
      await bench.manifest.append({ ...adding(number), removed: number === 1 ? [] : [number - 1] }, () => {})
    const { number, sizeBytes } = bench.manifest
    await bench.add(100)
    expect(bench.manifest.number).toBe(number)
    bench.manifest.prepareToClose()
    await bench.add(101)
    expect(bench.manifest.number).toBeGreaterThan(number)
    expect(bench.manifest.sizeBytes).toBeLessThan(sizeBytes)
    expect(await bench.segmentsIn()).toEqual(numbersOf(bench.manifest.state))
  })

  test('that is not possible is put off: a manifest that is only long takes the edit itself', async () => {
    for (const code of ['ENOSPC', 'EMFILE', 'EIO']) {
      for (const name of ['open', 'write', 'sync', 'rename'] as const) {
        const bench = await longBench()
        const { number } = bench.manifest
        bench.fail = failing(name, code)
        await bench.add(9000)
        expect(bench.manifest.number).toBe(number)
        expect(await bench.manifestNames()).toHaveLength(1)
        expect(await bench.segmentsIn()).toContain(9000)
        await bench.add(9001)
        expect(bench.manifest.number).toBeGreaterThan(number)
        expect(await bench.segmentsIn()).toEqual(numbersOf(bench.manifest.state))
        expect(await bench.segmentsIn()).toEqual(expect.arrayContaining([9000, 9001]))
      }
    }
  })

  test('and then fails as any edit does, when the edit itself finds no room', async () => {
    const bench = await longBench()
    bench.fs.capacityBytes = bench.fs.usedBytes
    await expect(bench.add(9000)).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await bench.segmentsIn()).not.toContain(9000)
    bench.fs.capacityBytes = Infinity
    await bench.add(9001)
    expect(await bench.segmentsIn()).toEqual(numbersOf(bench.manifest.state))
    expect(await bench.segmentsIn()).not.toContain(9000)
  })

  test('that is not possible leaves neither file nor handle', async () => {
    for (const code of ['ENOSPC', 'EMFILE']) {
      const bench = await longBench()
      const [{ number }, calls] = [bench.manifest, { open: 0, close: 0 }]
      bench.fail = ({ name, path }) => {
        if (!path.includes('MANIFEST') || (name !== 'open' && name !== 'close')) return undefined
        calls[name] += 1
        return name === 'open' && calls.open === 2 ? systemError(code) : undefined
      }
      await bench.add(9000)
      expect(bench.manifest.number).toBe(number)
      expect(calls).toEqual({ open: 2, close: 1 })
      expect(await bench.manifestNames()).toHaveLength(1)
    }
  })

  test('that is not possible writes an edit once, though a blocking one comes at any moment', async () => {
    for (const bench of [longBench, tornBench]) {
      for (const name of ['open', 'write', 'rename'] as const) {
        for (let delay = 0; delay < 40; delay += 1) await overtakeAfter(await bench(), name, delay)
      }
    }
  })

  test('survives a crash at every operation with the old state or the new', async () => {
    const bench = await tornBench()
    const found = new Set<string>()
    const states: MemoryFileSystem[] = []
    bench.meanwhile = () => {
      for (let seed = 1; seed <= 8; seed++) states.push(bench.fs.crashed({ seed, profile: 'posix' }))
    }
    await bench.add(2)
    for (const state of states) found.add(String(await bench.segmentsIn(state)))
    expect([...found].sort()).toEqual(['1', '1,2'])
    expect(await bench.segmentsIn(bench.fs.crashed({ seed: 1, profile: 'posix' }))).toEqual([1, 2])
  })

  test('writes a blocking edit that comes meanwhile to both, so that every crash keeps it', async () => {
    const moments: FileOperation['name'][] = ['open', 'write', 'sync', 'syncDirectory', 'rename', 'close']
    for (const moment of moments) {
      const bench = await longBench()
      const before = bench.manifest.number
      let isDone = false
      const states: MemoryFileSystem[] = []
      bench.meanwhile = ({ name }) => {
        if (isDone)
          for (let seed = 1; seed <= 2; seed++) states.push(bench.fs.crashed({ seed, profile: 'posix' }))
        if (name !== moment || isDone) return
        queueMicrotask(() => {
          if (isDone) return
          bench.addSync(9001)
          isDone = true
        })
      }
      await bench.add(9000)
      bench.meanwhile = undefined
      expect(bench.manifest.number).toBeGreaterThan(before)
      expect(numbersOf(bench.manifest.state)).toEqual(expect.arrayContaining([9000, 9001]))
      for (const state of states) expect(await bench.segmentsIn(state)).toContain(9001)
      await bench.add(9002)
      expect(await bench.segmentsIn()).toEqual(numbersOf(bench.manifest.state))
      await bench.manifest.close()
    }
  }, 60_000)

  test('that fails before CURRENT is replaced leaves the old one in force, and is tried again', async () => {
    for (const name of ['open', 'write', 'sync'] as const) {
      const bench = await tornBench()
      bench.fail = failing(name, 'ENOSPC')
      await expect(bench.add(2)).rejects.toMatchObject({ code: 'ENOSPC' })
      expect(await bench.segmentsIn()).toEqual([1])
      await bench.add(2)
      expect(await bench.segmentsIn()).toEqual([1, 2])
    }
  })

  test('gives way to a replacement, and edits go on during it', async () => {
    const bench = await longBench()
    await Promise.all([
      bench.manifest.proveSynced(),
      bench.add(9000),
      bench.manifest.proveSynced(),
      bench.add(9001),
    ])
    await bench.manifest.proveSynced()
    expect(await bench.segmentsIn()).toEqual(numbersOf(bench.manifest.state))
  })

  test('proves what a blocking edit put into a manifest that was just being made', async () => {
    const bench = await longBench()
    let isDone = false
    bench.meanwhile = ({ name, path }) => {
      if (name !== 'sync' || isDone || !path.includes('MANIFEST')) return
      isDone = true
      queueMicrotask(() => bench.addSync(9001))
    }
    await bench.add(9000)
    const { number, sizeBytes } = bench.manifest
    await bench.manifest.proveSynced()
    expect(bench.manifest.number).toBe(number)
    expect(bench.manifest.sizeBytes).toBeGreaterThan(sizeBytes)
  })

  test('replaces a torn manifest instead of writing behind the tear', async () => {
    const bench = await tornBench()
    const { number } = bench.manifest
    await bench.manifest.proveSynced()
    const read = await bench.read()
    expect(read.isTorn).toBe(false)
    expect(bench.manifest.number === number ? numbersOf(read.state) : [1]).toEqual([1])
  })
})

/** What a blocking edit says, it says to somebody else. */
function attemptSync(bench: ManifestBench, number: number): void {
  try {
    bench.addSync(number)
  } catch {
    // As in the torn manifest, in which nothing can be written.
  }
}

/** A replacement finds the disk full once, and a blocking edit comes so many microtasks later. */
async function overtakeAfter(
  bench: ManifestBench,
  name: FileOperation['name'],
  delay: number,
): Promise<void> {
  let hasFailed = false
  const later = (left: number): void => {
    if (left > 0) queueMicrotask(() => later(left - 1))
    else attemptSync(bench, 9001)
  }
  bench.fail = (operation) => {
    if (hasFailed || operation.name !== name) return undefined
    hasFailed = true
    later(delay)
    return systemError('ENOSPC')
  }
  const outcome = await bench.add(9000).then(
    () => true,
    (error: unknown) => (systemCodeOf(error) === 'ENOSPC' ? false : error),
  )
  for (let turn = 0; turn < 50; turn += 1) await undefined
  const found = await bench.segmentsIn()
  // Otherwise the store is told that nobody knows.
  if (outcome instanceof StorageError) return
  expect(found).toEqual(numbersOf(bench.manifest.state))
  expect(found.includes(9000), `${name}, ${delay} microtasks later`).toBe(outcome)
}
