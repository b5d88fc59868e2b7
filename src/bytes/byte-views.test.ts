import { expect, test } from 'vitest'
import { ByteViews } from './byte-views.ts'

test('are of the array asked for, wherever that begins, in whatever order arrays come', () => {
  const buffers = [new ArrayBuffer(64), new SharedArrayBuffer(64), new ArrayBuffer(64)]
  const arrays = buffers.map((buffer, i) => new Uint8Array(buffer, i * 8, 40).fill(i + 1))
  const views = new ByteViews()
  for (const i of [0, 0, 1, 0, 1, 2, 0, 1, 2, 2, 1, 0, 2, 0]) {
    const view = views.of(arrays[i]!, 3, 5)
    expect(view.buffer).toBe(buffers[i])
    expect(view.byteOffset).toBe(i * 8 + 3)
    expect([...view]).toEqual(Array(5).fill(i + 1))
  }
})
