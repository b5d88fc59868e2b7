import { expect, it } from 'vitest'
import type { File } from './file-system.ts'
import { MemoryFileSystem } from './memory-file-system.ts'
import { readInSlices } from './read-in-slices.ts'
import { createSystemError } from './system-error.ts'

const MiB = 1024 * 1024
const content = Uint8Array.from({ length: 5 * MiB + 17 }, (_, i) => (i * 7) ^ (i >>> 11))

async function fileOf(bytes: Uint8Array): Promise<File> {
  const file = await new MemoryFileSystem().open('/file', 'create')
  await file.write(bytes, 0)
  return file
}

it('reads a file whole, whatever its size', async () => {
  for (const size of [0, 1, 2 * MiB - 1, 2 * MiB, 2 * MiB + 1, content.length]) {
    const target = new Uint8Array(size)
    expect(await readInSlices(await fileOf(content.subarray(0, size)), target)).toBe(size)
    expect(Buffer.compare(target, content.subarray(0, size))).toBe(0)
  }
})

it('tells where a file ends that is shorter than the memory', async () => {
  for (const size of [0, 100, 2 * MiB, 4 * MiB + 5]) {
    const target = new Uint8Array(content.length)
    expect(await readInSlices(await fileOf(content.subarray(0, size)), target)).toBe(size)
    expect(Buffer.compare(target.subarray(0, size), content.subarray(0, size))).toBe(0)
  }
})

it('rejects when a slice cannot be read, and only when nothing is read any more', async () => {
  const file = await fileOf(content)
  let readCount = 0
  const failing = new Proxy(file, {
    get: (_, name) => (name === 'read' ? read : Reflect.get(file, name)),
  })
  async function read(target: Uint8Array, position: number): Promise<number> {
    if (position === 0) throw createSystemError('EIO', 'read', '/file', 'broken')
    await new Promise((resolve) => setTimeout(resolve, 5))
    readCount += 1
    return file.read(target, position)
  }
  await expect(readInSlices(failing, new Uint8Array(content.length))).rejects.toMatchObject({ code: 'EIO' })
  expect(readCount).toBe(2)
})
