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
      const target = new Uint8Array(1000)
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

  test('appends blocking what is longer than its bounce buffer, whole, also when the bytes change right after', () => {
    const { append, fs } = bench()
    const long = Uint8Array.from({ length: 300_001 }, (_, i) => i * 31 + (i >>> 8))
    const kept = long.slice()
    append.appendSync(bytes(1, 2, 3))
    append.appendSync(long)
    long.fill(0)
    append.appendSync(bytes(4))
    const content = new Uint8Array(kept.length + 10)
    const length = fs.openSync('/f', 'read').readSync(content, 0)
    expect(length).toBe(kept.length + 4)
    expect(Buffer.from(content.subarray(3, 3 + kept.length)).equals(kept)).toBe(true)
    expect(content[length - 1]).toBe(4)
    expect(append.position).toBe(length)
  })

  test('goes back to where a long blocking append began when a later piece of it fails', () => {
    let count = 0
    const { append } = bench({
      fail: ({ name }) => {
        if (name === 'write' && ++count === 3) throw new Error('made by a test')
      },
    })
    append.appendSync(bytes(1))
    expect(() => append.appendSync(new Uint8Array(300_000))).toThrow('made by a test')
    expect(count).toBe(3)
    expect(append.position).toBe(1)
    expect(append.isWhole).toBe(false)
    expect(() => append.appendSync(bytes(2))).toThrow('made by a test')
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
    expect(append.isWhole).toBe(true)
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

  test('writes pending bytes once, or twice when a blocking append overtakes them, never more', async () => {
    let count = 0
    const { append } = bench({
      fail: ({ name }) => {
        if (name === 'write') count++
      },
    })
    await Promise.all([append.append(bytes(1)), append.append(bytes(2)), append.append(bytes(3))])
    expect(count).toBe(3)
    await append.settled
    const overtaken = [append.append(bytes(4)), append.append(bytes(5))]
    append.appendSync(bytes(6))
    append.appendSync(bytes(7))
    await Promise.all(overtaken)
    await append.settled
    // Both once more by the first blocking append; the second one was not under way yet.
    expect(count).toBe(3 + 2 + 2 + 1)
  })

  test('does not begin to write before what it was told to wait for is over, well or not', async () => {
    for (const isFailing of [false, true]) {
      const { append, content } = bench()
      let end = (): void => {}
      const begin = new Promise<void>((resolve, reject) => {
        end = isFailing ? () => reject(new Error('of somebody else')) : resolve
      })
      const written = append.append(bytes(1), begin)
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect(content()).toEqual([])
      end()
      await written
      expect(content()).toEqual([1])
    }
  })

  test('says from which part of a memory pending bytes are still read', async () => {
    const { append } = bench()
    const { buffer } = new Uint8Array(100)
    const written = append.append(new Uint8Array(buffer, 20, 10))
    expect(append.readsFrom(buffer, 0, 20)).toBe(false)
    expect(append.readsFrom(buffer, 0, 21)).toBe(true)
    expect(append.readsFrom(buffer, 22, 1)).toBe(true)
    expect(append.readsFrom(buffer, 29, 50)).toBe(true)
    expect(append.readsFrom(buffer, 30, 50)).toBe(false)
    expect(append.readsFrom(new ArrayBuffer(100), 20, 10)).toBe(false)
    const second = append.append(new Uint8Array(buffer, 50, 10))
    expect(append.readsFrom(buffer, 50, 1)).toBe(true)
    await Promise.all([written, second])
    await append.settled
    expect(append.readsFrom(buffer, 0, 100)).toBe(false)
  })

  test('is settled when nothing is under way, also after failures', async () => {
    const { append } = bench({
      fail: ({ name }) => {
        if (name === 'write') throw new Error('made by a test')
      },
    })
    const outcomes = Promise.allSettled([append.append(bytes(1)), append.append(bytes(2))])
    expect(append.isBusy).toBe(true)
    await append.settled
    expect(append.isBusy).toBe(false)
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('fails with its first error for ever', async () => {
    const first = new Error('the first')
    const failing = (): Bench =>
      bench({
        fail: ({ name }) => {
          if (name === 'write') throw first
        },
      })
    const pending = failing().append
    await expect(pending.append(bytes(1))).rejects.toBe(first)
    await pending.settled
    expect(errorOf(() => pending.append(bytes(2)))).toBe(first)
    const blocking = failing().append
    expect(errorOf(() => blocking.appendSync(bytes(1)))).toBe(first)
    expect(errorOf(() => blocking.appendSync(bytes(2)))).toBe(first)
    const flushed = failing().append
    const lost = flushed.append(bytes(1)).catch((error: unknown) => error)
    expect(errorOf(() => flushed.flushPendingSync())).toBe(first)
    expect(errorOf(() => flushed.flushPendingSync())).toBe(first)
    expect(await lost).toBe(first)
    expect(flushed.isWhole).toBe(false)
  })

  test('that was given up writes nothing any more, and says why', async () => {
    const { append, content } = bench()
    const reason = new Error('given up')
    append.appendSync(bytes(1))
    const pending = append.append(bytes(2), new Promise((resolve) => setImmediate(resolve)))
    append.giveUp(reason)
    append.giveUp(new Error('later'))
    await expect(pending).rejects.toBe(reason)
    expect(errorOf(() => append.appendSync(bytes(3)))).toBe(reason)
    expect(content()).toEqual([1])
    expect(append.position).toBe(1)
  })

  test('keeps the place of bytes that a blocking append took along when their own write then fails', async () => {
    for (let slowSeed = 1; slowSeed <= 10; slowSeed++) {
      let isFailing = false
      const { append, content } = bench({
        slowSeed,
        fail: ({ name }) => {
          if (name === 'write' && isFailing) throw new Error('made by a test')
        },
      })
      const first = append.append(bytes(1, 2))
      append.appendSync(bytes(3))
      isFailing = true
      await first
      await append.settled
      isFailing = false
      expect(content()).toEqual([1, 2, 3])
      expect(append.position).toBe(3)
    }
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

describe('AppendFile.makeRoom()', () => {
  const room = (length: number): number[] => Array.from({ length }, () => 0)

  test('writes zeros behind the position, which stays, and the next bytes over them', () => {
    const { append, content } = bench()
    append.appendSync(bytes(1, 2))
    expect(append.makeRoom(3, 8)).toBe(8)
    expect(content()).toEqual([1, 2, ...room(8)])
    expect(append.position).toBe(2)
    expect(append.writtenLength).toBe(2)
    expect(append.sizeBytes).toBe(10)
    append.appendSync(bytes(3, 4, 5))
    expect(content()).toEqual([1, 2, 3, 4, 5, ...room(5)])
    expect(append.sizeBytes).toBe(10)
    expect(append.isWhole).toBe(true)
  })

  test('writes none where enough are left, and else only those behind them', () => {
    const offsets: unknown[] = []
    const { append, content } = bench({
      fail: ({ name, position, length }) => {
        if (name === 'write') offsets.push([position, length])
      },
    })
    append.makeRoom(3, 8)
    expect(append.makeRoom(8, 8)).toBe(0)
    append.appendSync(bytes(1, 2, 3))
    expect(append.makeRoom(5, 8)).toBe(0)
    expect(append.makeRoom(6, 8)).toBe(8)
    expect(offsets).toEqual([
      [0, 8],
      [0, 3],
      [8, 8],
    ])
    expect(content()).toEqual([1, 2, 3, ...room(13)])
  })

  test('begins at the position again when more was appended than there was room for', () => {
    const { append, content } = bench()
    append.makeRoom(1, 2)
    append.appendSync(bytes(1, 2, 3, 4))
    expect(append.sizeBytes).toBe(4)
    append.makeRoom(1, 2)
    expect(content()).toEqual([1, 2, 3, 4, ...room(2)])
  })

  test('leaves alone what is under way, whichever write comes last', async () => {
    for (let slowSeed = 1; slowSeed <= 20; slowSeed++) {
      const { append, content } = bench({ slowSeed })
      append.makeRoom(2, 4)
      const pending = [append.append(bytes(1, 2, 3)), append.append(bytes(4, 5, 6))]
      if (slowSeed % 2 === 0) await pending[0]
      append.makeRoom(2, 4)
      if (slowSeed % 3 === 0) append.appendSync(bytes(7))
      else pending.push(append.append(bytes(7)))
      await Promise.all(pending)
      await append.settled
      expect(content()).toEqual([1, 2, 3, 4, 5, 6, 7, ...room(3)])
    }
  })

  test('on a full disk is not missed, and not tried again', () => {
    let count = 0
    const { append, fs, content } = bench({
      fail: ({ name }) => {
        if (name === 'write') count++
      },
    })
    append.appendSync(bytes(1))
    fs.capacityBytes = 5
    expect(append.makeRoom(2, 8)).toBe(0)
    expect(append.makeRoom(2, 8)).toBe(0)
    expect(count).toBe(2)
    expect(append.isWhole).toBe(true)
    append.appendSync(bytes(2, 3))
    expect(append.position).toBe(3)
    expect(content()).toEqual([1, 2, 3, ...room(2)])
    expect(() => append.appendSync(bytes(4, 5, 6))).toThrow(/ENOSPC/)
  })

  test('writes nothing into a file that was given up', () => {
    const { append, content } = bench()
    append.appendSync(bytes(1))
    append.giveUp(new Error('given up'))
    expect(append.makeRoom(2, 8)).toBe(0)
    expect(content()).toEqual([1])
  })

  test('covers what is left of bytes that nobody missed', () => {
    const { append, fs, content } = bench()
    append.appendSync(bytes(1))
    fs.capacityBytes = 3
    expect(append.tryAppendSync(bytes(9, 9, 9))).toBe(false)
    fs.capacityBytes = 100
    append.makeRoom(3, 4)
    expect(content()).toEqual([1, ...room(4)])
  })
})

function errorOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
