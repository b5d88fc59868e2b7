import { describe, expect, test } from 'vitest'
import { bytesOf, ManifestBench, numbersOf, storeId } from '../../test/support/manifest-bench.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { readManifest } from './read-manifest.ts'

describe('readManifest()', () => {
  test('cuts off a torn last edit, at every length', async () => {
    const bench = await ManifestBench.create()
    const synced = bench.manifest.sizeBytes
    await bench.add(1)
    const bytes = await bytesOf(bench)
    for (let length = synced; length < bytes.length; length++) {
      const read = readManifest(bytes.slice(0, length), 'm', 1, storeId, synced)
      expect(numbersOf(read.state)).toEqual([])
      expect(read.length).toBe(synced)
      expect(read.isTorn).toBe(length > synced)
    }
  })

  test('refuses anything bad below what was synced', async () => {
    const bench = await ManifestBench.create()
    const synced = bench.manifest.sizeBytes
    await bench.add(1)
    const bytes = await bytesOf(bench)
    for (let length = 0; length < synced; length++) {
      expect(() => readManifest(bytes.slice(0, length), 'm', 1, storeId, synced)).toThrow(CorruptionError)
    }
    for (let offset = 0; offset < synced; offset++) {
      const flipped = Uint8Array.from(bytes)
      flipped[offset] = (flipped[offset] as number) ^ 0x10
      expect(() => readManifest(flipped, 'm', 1, storeId, synced)).toThrow(CorruptionError)
    }
  })

  test('refuses the manifest of another place or store', async () => {
    const bench = await ManifestBench.create()
    const bytes = await bytesOf(bench)
    const { length } = bytes
    expect(() => readManifest(bytes, 'm', 2, storeId, length)).toThrow(/another place or store/)
    expect(() => readManifest(bytes, 'm', 1, { high: 1, low: 2 }, length)).toThrow(/another place or store/)
    expect(() => readManifest(bytes, 'm', 1, { ...storeId, low: 2 }, length)).toThrow(
      /another place or store/,
    )
  })

  test('refuses an edit that does not fit the edits before it', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    const bytes = await bytesOf(bench)
    const head = bytes.length
    await bench.manifest.append({ added: [], removed: [1] }, () => {})
    const whole = await bytesOf(bench)
    const twice = new Uint8Array(whole.length + (whole.length - head))
    twice.set(whole)
    twice.set(whole.subarray(head), whole.length)
    expect(() => readManifest(twice, 'm', 1, storeId, head)).toThrow(/does not fit/)
  })

  test('refuses a format that it does not know', async () => {
    const { encodeFileHeader } = await import('../log/file-header.ts')
    const { hashResult, xxh64 } = await import('../bytes/xxh64.ts')
    const bytes = encodeFileHeader({ kind: 'manifest', number: 1, storeId })
    bytes[8] = 2
    xxh64(bytes, 0, 32, 0, 0)
    const view = new DataView(bytes.buffer)
    view.setUint32(32, hashResult.low, true)
    view.setUint32(36, hashResult.high, true)
    expect(() => readManifest(bytes, 'm', 1, storeId, 40)).toThrow(UnsupportedFormatError)
  })
})
