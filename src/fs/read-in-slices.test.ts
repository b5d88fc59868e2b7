import { expect, it } from 'vitest'
import { StorageError } from '../errors.ts'
import type { File } from './file-system.ts'
import { MemoryFileSystem } from './memory-file-system.ts'
import { arrivedBytes, readInSlices } from './read-in-slices.ts'
import { createSystemError } from './system-error.ts'

const MiB = 1024 * 1024
const content = Uint8Array.from({ length: 7 * MiB + 17 }, (_, i) => (i * 7) ^ (i >>> 11))

async function fileOf(bytes: Uint8Array): Promise<File> {
  const file = await new MemoryFileSystem().open('/file', 'create')
  await file.write(bytes, 0)
  return file
}

/** The file, with reads that answer when they are let, by the position that they begin at. */
function heldFile(file: File): {
  readonly held: File
  readonly answer: (position: number, error?: Error) => Promise<void>
  readonly isClosed: () => boolean
} {
  const waiting = new Map<number, (error?: Error) => void>()
  let isClosed = false
  const read = async (target: Uint8Array, position: number): Promise<number> => {
    const error = await new Promise<Error | undefined>((resolve) => waiting.set(position, resolve))
    if (error !== undefined) throw error
    return file.read(target, position)
  }
  const closeSync = (): void => {
    isClosed = true
    file.closeSync()
  }
  const held = new Proxy(file, {
    get: (_, name) =>
      name === 'read' ? read : name === 'closeSync' ? closeSync : Reflect.get(file, name, file),
  })
  return {
    held,
    isClosed: () => isClosed,
    answer: async (position, error) => {
      waiting.get(position)?.(error)
      waiting.delete(position)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

it('reads a file whole, whatever its size', async () => {
  for (const size of [0, 1, 2 * MiB - 1, 2 * MiB, 2 * MiB + 1, content.length]) {
    const target = new Uint8Array(size)
    const arriving = await readInSlices(await fileOf(content.subarray(0, size)), target)
    await arriving.arrive(size)
    expect(arriving.arrivedLength).toBe(size)
    expect(arriving.bytes).toBe(target)
    expect(isSame(target, content.subarray(0, size))).toBe(true)
    await arriving.close()
  }
})

it('gives the end first, and then the front as far as it came without a gap', async () => {
  const { held, answer } = heldFile(await fileOf(content))
  const target = new Uint8Array(content.length)
  const begun = readInSlices(held, target)
  await answer(6 * MiB)
  const arriving = await begun
  expect(isSame(target.subarray(6 * MiB), content.subarray(6 * MiB))).toBe(true)
  expect(arriving.arrivedLength).toBe(0)
  await answer(2 * MiB)
  const first = arriving.arrive(100)
  await answer(0)
  await first
  expect(arriving.arrivedLength).toBe(2 * MiB)
  await arriving.arrive(2 * MiB + 1)
  expect(arriving.arrivedLength).toBe(4 * MiB)
  const all = arriving.arrive(content.length)
  await answer(4 * MiB)
  await all
  expect(isSame(target, content)).toBe(true)
  await arriving.close()
})

it('closes the file when nothing is read any more', async () => {
  const { held, answer, isClosed } = heldFile(await fileOf(content))
  const begun = readInSlices(held, new Uint8Array(content.length))
  await answer(6 * MiB)
  const closed = (await begun).close()
  for (const position of [4 * MiB, 0, 2 * MiB]) {
    expect(isClosed()).toBe(false)
    await answer(position)
  }
  await closed
  expect(isClosed()).toBe(true)
})

it('rejects for a slice that cannot be read when it is needed, and not before', async () => {
  const { held, answer } = heldFile(await fileOf(content))
  const begun = readInSlices(held, new Uint8Array(content.length))
  const failure = createSystemError('EIO', 'read', '/file', 'broken')
  await answer(2 * MiB, failure)
  await answer(6 * MiB)
  const arriving = await begun
  await answer(0)
  await arriving.arrive(2 * MiB)
  await expect(arriving.arrive(2 * MiB + 1)).rejects.toBe(failure)
  expect(arriving.arrivedLength).toBe(2 * MiB)
  await answer(4 * MiB)
  await arriving.close()
})

it('rejects at once when the end cannot be read, and only when nothing is read any more', async () => {
  const { held, answer } = heldFile(await fileOf(content))
  let isRejected = false
  const failure = createSystemError('EIO', 'read', '/file', 'broken')
  const begun = readInSlices(held, new Uint8Array(content.length)).catch((error: unknown) => {
    isRejected = true
    return error
  })
  await answer(6 * MiB, failure)
  await answer(0)
  await answer(2 * MiB)
  expect(isRejected).toBe(false)
  await answer(4 * MiB)
  expect(await begun).toBe(failure)
})

it('refuses a file that is shorter than the memory', async () => {
  for (const size of [0, 100, 2 * MiB, 4 * MiB + 5, content.length - 1]) {
    const failure = readInSlices(await fileOf(content.subarray(0, size)), new Uint8Array(content.length))
    await expect(failure).rejects.toThrow(/\/file ends at byte \d+ although it was longer before/)
    await expect(failure).rejects.toBeInstanceOf(StorageError)
  }
})

it('takes what is in memory already for arrived', async () => {
  const arriving = arrivedBytes(content)
  expect(arriving.arrivedLength).toBe(content.length)
  await arriving.arrive(content.length)
  await arriving.close()
})
