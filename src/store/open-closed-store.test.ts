import { describe, expect, it } from 'vitest'
import {
  bytesIn,
  closedStore,
  contentOf,
  namesIn,
  open,
  path,
  place,
  replace,
  turns,
} from '../../test/support/opened-stores.ts'
import { manifestFileName } from '../fs/file-names.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { readCloseProof, writeCloseProof } from '../manifest/close-proof.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { type ReadManifest, readManifest } from '../manifest/read-manifest.ts'

async function editsIn(fs: MemoryFileSystem): Promise<ReadManifest['edits']> {
  const { manifestNumber, storeId, manifestSyncedLength } = await readCurrent(fs, path)
  const name = manifestFileName(manifestNumber)
  return readManifest(bytesIn(fs, name), `${path}/${name}`, manifestNumber, storeId, manifestSyncedLength)
    .edits
}

describe('opening after a clean close', () => {
  it('changes no file before the first write, and goes on with the same manifest', async () => {
    const fs = await closedStore()
    const before = await namesIn(fs)
    const store = await open(fs)
    await turns()
    expect(await namesIn(fs)).toEqual(before)
    expect(store.status().sequenceNumber).toBe(1)
    await store.put('b', '2', { durability: 'disk' })
    expect(await namesIn(fs, 'CLOSED')).toEqual([])
    expect(await namesIn(fs, 'MANIFEST')).toEqual(before.filter((name) => name.includes('MANIFEST')))
    const killed = await open(fs.killed())
    expect(await contentOf(killed)).toEqual({ a: '1', b: '2' })
    await killed.close()
    await store.close()
  })

  it('has little to replay: closing replaced the manifest, and a crash at any moment of that loses nothing', async () => {
    const crashed: MemoryFileSystem[] = []
    let isClosing = false
    const fs = new MemoryFileSystem({
      onOperation: () => {
        if (isClosing) crashed.push(fs.crashed({ seed: crashed.length, profile: 'posix' }))
      },
    })
    const store = await open(fs, { durability: 'disk' })
    const expected: Record<string, string> = {}
    for (let i = 10; i < 30; i += 1) {
      await store.put(`${i}`, `${i}`)
      await store.flush()
      expected[`${i}`] = `${i}`
    }
    const before = await namesIn(fs, 'MANIFEST')
    const editCount = (await editsIn(fs)).length
    expect(editCount).toBeGreaterThan(20)
    await store.put('z', 'z')
    isClosing = true
    await store.close()
    isClosing = false
    const after = await namesIn(fs, 'MANIFEST')
    expect(after).toHaveLength(1)
    expect(after).not.toEqual(before)
    expect(await editsIn(fs)).toHaveLength(1)
    expect(crashed.length).toBeGreaterThan(20)
    for (const state of [...crashed, fs]) {
      const opened = await open(state)
      expect(await contentOf(opened)).toEqual({ ...expected, z: 'z' })
      await opened.close()
    }
  })

  it('came about although the manifest could not be replaced', async () => {
    for (const [name, code] of [
      ['open', 'EMFILE'],
      ['write', 'EIO'],
      ['rename', 'EPERM'],
    ] as const) {
      let kept = ''
      let failureCount = 0
      const fs = new MemoryFileSystem({
        onOperation: (operation) => {
          const isOther = /MANIFEST|CURRENT/.test(operation.path) && !operation.path.endsWith(kept)
          if (kept === '' || operation.name !== name || !isOther) return
          failureCount += 1
          throw Object.assign(new Error(code), { code })
        },
      })
      const store = await open(fs, { durability: 'disk' })
      for (let i = 0; i < 20; i += 1) {
        await store.put('a', `${i}`)
        await store.flush()
      }
      await store.put('z', 'z')
      await turns()
      kept = (await namesIn(fs, 'MANIFEST'))[0] as string
      await store.close()
      expect(failureCount).toBeGreaterThan(0)
      expect(await namesIn(fs, 'MANIFEST')).toEqual([kept])
      expect(await namesIn(fs, 'CLOSED')).toEqual(['CLOSED'])
      const opened = await open(fs.killed())
      expect(await contentOf(opened)).toEqual({ a: '19', z: 'z' })
      await opened.close()
    }
  })

  it('gives out no sequence number that the proof says was given out', async () => {
    const fs = await closedStore()
    const proof = await readCloseProof(fs, path)
    if (proof === undefined) throw new Error('the store was not closed')
    expect(proof.lastSequence).toBe(1)
    await writeCloseProof(fs, path, { ...proof, lastSequence: 70 })
    const store = await open(fs)
    await store.put('b', '2')
    expect(store.status().sequenceNumber).toBe(71)
    await store.close()
  })

  it('is refused when the proof is that of another manifest, or of another length', async () => {
    const fs = await closedStore()
    const proof = await readCloseProof(fs, path)
    if (proof === undefined) throw new Error('the store was not closed')
    const { manifestNumber, manifestLength } = proof
    const manifest = (await namesIn(fs, 'MANIFEST'))[0]
    for (const [other, offset] of [
      [{ manifestNumber: manifestNumber + 1 }, manifestLength],
      [{ manifestLength: manifestLength + 8 }, manifestLength],
      [{ manifestLength: manifestLength - 8 }, manifestLength - 8],
    ] as const) {
      await writeCloseProof(fs, path, { ...proof, ...other })
      await expect(open(fs)).rejects.toMatchObject({ path: `${path}/${manifest}`, offset })
      await expect(open(fs)).rejects.toThrow(/the store was closed with/)
    }
    await writeCloseProof(fs, path, proof)
    await (await open(fs)).close()
  })

  it('is refused when a log is missing that the proof names', async () => {
    const fs = await closedStore()
    const proof = await readCloseProof(fs, path)
    if (proof === undefined) throw new Error('the store was not closed')
    await writeCloseProof(fs, path, { ...proof, logs: [{ number: 99, length: 40 }] })
    await expect(open(fs)).rejects.toMatchObject({ path: `${path}/000099.log`, offset: 0 })
    await expect(open(fs)).rejects.toThrow(/the log is missing/)
  })

  it('removes what nothing names: segments, manifests, and logs below the lowest live one', async () => {
    const fs = await closedStore()
    const before = await namesIn(fs)
    place(fs, '000900.seg', new Uint8Array(5))
    place(fs, 'MANIFEST-000901', new Uint8Array(5))
    place(fs, '000001.log', new Uint8Array(5))
    place(fs, 'CLOSED.tmp', new Uint8Array(5))
    const store = await open(fs)
    await turns()
    const isProof = (name: string): boolean => name === 'CLOSED'
    expect((await namesIn(fs)).filter((name) => !isProof(name))).toEqual(
      [...before, 'CLOSED.tmp'].filter((name) => !isProof(name)).sort(),
    )
    await store.put('b', '2')
    await store.flush()
    const added = (await namesIn(fs)).filter((name) => !before.includes(name) && /\d/.test(name))
    expect(added.length).toBeGreaterThan(1)
    expect(Math.min(...added.map((name) => Number(/\d+/.exec(name)?.[0])))).toBeGreaterThan(901)
    await store.close()
  })
})

describe('opening after a close for which the disk was too full', () => {
  /** Its log stayed, and the proof names it. */
  async function fullStore(): Promise<MemoryFileSystem> {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1')
    await store.put('b', '2')
    fs.capacityBytes = fs.usedBytes + 200
    await store.close()
    const proof = await readCloseProof(fs, path)
    expect(proof?.logs).toHaveLength(1)
    return fs
  }

  it('brings back what the log holds, and consumes the proof before anything else counts', async () => {
    const fs = await fullStore()
    const before = await namesIn(fs)
    fs.capacityBytes = Number.POSITIVE_INFINITY
    const store = await open(fs)
    await turns()
    expect(await contentOf(store)).toEqual({ a: '1', b: '2' })
    const after = await namesIn(fs)
    expect(after).not.toContain('CLOSED')
    // The proof spoke of every byte of the manifest: it is written on, not replaced.
    expect(after.filter((name) => name.includes('MANIFEST'))).toEqual(
      before.filter((name) => name.includes('MANIFEST')),
    )
    expect(after.filter((name) => name.endsWith('.log') && before.includes(name))).toEqual([])
    const next = await open(fs.killed())
    expect(await contentOf(next)).toEqual({ a: '1', b: '2' })
    await next.close()
    await store.close()
  })

  it('and still is, reads from memory, life after life, and loses nothing', async () => {
    const fs = await fullStore()
    const before = await namesIn(fs)
    for (let life = 0; life < 3; life++) {
      fs.capacityBytes = fs.usedBytes
      const store = await open(fs)
      expect(await contentOf(store)).toEqual({ a: '1', b: '2' })
      await turns()
      expect(store.status()).toMatchObject({ state: 'full', recovering: true })
      expect(await contentOf(store)).toEqual({ a: '1', b: '2' })
      expect(await namesIn(fs)).toEqual(expect.arrayContaining(before.filter((name) => name !== 'CLOSED')))
      await store.close()
    }
    fs.capacityBytes = Number.POSITIVE_INFINITY
    const store = await open(fs)
    expect(await contentOf(store)).toEqual({ a: '1', b: '2' })
    await store.close()
  })

  it('gives out no sequence number that the proof says was given out, though the log ends before it', async () => {
    const fs = await fullStore()
    fs.capacityBytes = Number.POSITIVE_INFINITY
    const proof = await readCloseProof(fs, path)
    if (proof === undefined) throw new Error('the store was not closed')
    expect(proof.lastSequence).toBe(2)
    await writeCloseProof(fs, path, { ...proof, lastSequence: 70 })
    const store = await open(fs)
    await turns()
    // Nor does the life after that, in which neither the proof nor the log is there any more.
    const next = await open(fs.killed())
    for (const each of [store, next]) {
      await each.put('c', '3')
      expect(each.status().sequenceNumber).toBe(71)
      await each.close()
    }
  })

  it('is refused when that log is not as long as it was', async () => {
    const fs = await fullStore()
    fs.capacityBytes = Number.POSITIVE_INFINITY
    const proof = await readCloseProof(fs, path)
    const log = proof?.logs[0]
    if (log === undefined) throw new Error('no log stayed')
    const name = `${String(log.number).padStart(6, '0')}.log`
    replace(fs, name, bytesIn(fs, name).subarray(0, log.length - 8))
    await expect(open(fs)).rejects.toMatchObject({ path: `${path}/${name}`, offset: log.length - 8 })
  })
})
