import { describe, expect, test } from 'vitest'
import type { FileOperation } from '../fs/file-operation.ts'
import type { File } from '../fs/file-system.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { SlowFileSystem } from '../testing/laboratory/slow-file-system.ts'
import { AppendFile } from './append-file.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

interface Bench {
  readonly fs: MemoryFileSystem
  readonly append: AppendFile
  content(): number[]
}

function bench(options: { fail?: (operation: FileOperation) => void; slowSeed?: number } = {}): Bench {
  const fs = new MemoryFileSystem({ onOperation: (operation) => options.fail?.(operation) })
  const opened = new SlowFileSystem(fs, new SeededRandom(options.slowSeed ?? 1))
  const file: File = opened.openSync('/f', 'create')
  const append = new AppendFile(file, 0, opened.openSync('/f', 'update'))
  return {
    fs,
    append,
    content: () => {
      const target = new Uint8Array(100)
      return [...target.subarray(0, fs.openSync('/f', 'read').readSync(target, 0))]
    },
  }
}

describe('AppendFile', () => {
  test('appends blocking, one after the other', () => {
    const { append, content } = bench()
    append.appendSync(bytes(1, 2))
    append.appendSync(bytes(3))
    expect(content()).toEqual([1, 2, 3])
    expect(append.position).toBe(3)
    expect(append.writtenLength).toBe(3)
    expect(append.isBusy).toBe(false)
  })

  test('appends without blocking, in order, and counts only what is written', async () => {
    const { append, content } = bench()
    const first = append.append(bytes(1, 2))
    const second = append.append(bytes(3))
    expect(append.position).toBe(3)
    expect(append.writtenLength).toBe(0)
    expect(append.isBusy).toBe(true)
    await first
    expect(append.writtenLength).toBeGreaterThanOrEqual(2)
    await second
    await append.settled
    expect(append.isBusy).toBe(false)
    expect(content()).toEqual([1, 2, 3])
  })

  test('lets a blocking append overtake pending ones: their bytes are there before it returns', async () => {
    for (let slowSeed = 1; slowSeed <= 20; slowSeed++) {
      const { append, content } = bench({ slowSeed })
      const first = append.append(bytes(1, 2))
      const second = append.append(bytes(3))
      if (slowSeed % 2 === 0) await first
      append.appendSync(bytes(4))
      expect(content()).toEqual([1, 2, 3, 4])
      expect(append.writtenLength).toBe(4)
      const third = append.append(bytes(5))
      await Promise.all([first, second, third])
      await append.settled
      expect(content()).toEqual([1, 2, 3, 4, 5])
    }
  })

  test('writes nothing behind bytes whose write failed', async () => {
    let count = 0
    const { append, content } = bench({
      fail: ({ name }) => {
        if (name === 'write' && ++count === 2) throw new Error('made by a test')
      },
    })
    append.appendSync(bytes(1))
    const outcomes = await Promise.allSettled([append.append(bytes(2, 2)), append.append(bytes(3))])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await append.settled
    expect(append.position).toBe(1)
    expect(append.writtenLength).toBe(1)
    expect(append.isWhole).toBe(false)
    expect(() => append.appendSync(bytes(4))).toThrow('made by a test')
    expect(() => append.append(bytes(5))).toThrow('made by a test')
    expect(() => append.flushPendingSync()).toThrow('made by a test')
    expect(append.tryAppendSync(bytes(6))).toBe(false)
    expect(content()).toEqual([1])
  })

  test('is not whole after a blocking append that failed half-way', () => {
    const { append, fs, content } = bench()
    append.appendSync(bytes(1))
    fs.capacityBytes = 3
    expect(() => append.appendSync(bytes(2, 2, 2))).toThrow(/ENOSPC/)
    expect(content()).toEqual([1, 2, 2])
    expect(append.position).toBe(1)
    expect(append.isWhole).toBe(false)
  })

  test('gives the place of bytes that nobody missed to the next ones', () => {
    const { append, fs, content } = bench()
    append.appendSync(bytes(1))
    fs.capacityBytes = 2
    expect(append.tryAppendSync(bytes(9, 9))).toBe(false)
    expect(append.isWhole).toBe(false)
    fs.capacityBytes = 100
    append.appendSync(bytes(2, 3))
    expect(content()).toEqual([1, 2, 3])
    expect(append.tryAppendSync(bytes(4))).toBe(true)
    expect(append.position).toBe(4)
  })

  test('does not try to append what nobody would miss while writes are under way', async () => {
    const { append } = bench()
    const first = append.append(bytes(1))
    expect(append.tryAppendSync(bytes(9))).toBe(false)
    await first
    await append.settled
    expect(append.tryAppendSync(bytes(9))).toBe(true)
  })
  test('a blocking sync is told of a failure that a non-blocking one was told of, and has not passed on', async () => {
    let isFailing = true
    const { append, fs } = bench({
      fail: ({ name }) => {
        if (name !== 'sync' || !isFailing) return
        isFailing = false
        throw new Error('made by a test')
      },
    })
    append.appendSync(bytes(1))
    // Its effect comes at once on a disk that is not slow; its answer later.
    const sync = fs.openSync('/f', 'update').sync()
    expect(() => append.syncSync()).toThrow(/EIO/)
    await expect(sync).rejects.toThrow('made by a test')
  })

  test('closes when everything under way is home', async () => {
    const { append, content } = bench()
    const first = append.append(bytes(1))
    await append.close()
    await first
    expect(content()).toEqual([1])
    expect(() => append.syncSync()).toThrow(/closed/)
    await expect(append.sync()).rejects.toThrow(/closed/)
  })
})
