import { describe, expect, test } from 'vitest'
import { CorruptionError } from '../errors.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { encodeCheckedText } from './checked-text.ts'
import { type Current, decodeCurrent, readCurrent, writeCurrent } from './current-file.ts'

const current: Current = {
  storeId: { high: 0x00f0_c1d2, low: 0xe3a4_b596 },
  manifestNumber: 3,
  manifestSyncedLength: 1234,
}

describe('CURRENT', () => {
  test('says the same as before when it is read', async () => {
    const fs = new MemoryFileSystem()
    await fs.makeDirectory('/s')
    for (const written of [current, { ...current, storeId: { high: 0, low: 7 } }]) {
      await writeCurrent(fs, '/s', written)
      expect(await readCurrent(fs, '/s')).toEqual(written)
    }
  })

  test('is refused when a field is missing or no number', () => {
    const fields = { store: '00f0c1d2e3a4b596', manifest: '3', synced: '1' }
    for (const wrong of [
      { ...fields, store: '00f0c1d2e3a4b59' },
      { ...fields, store: '00F0C1D2E3A4B596' },
      { manifest: '3', synced: '1' },
      { ...fields, manifest: 'x' },
    ]) {
      expect(() => decodeCurrent(encodeCheckedText('current', wrong), 'f')).toThrow(CorruptionError)
    }
  })

  test('is the old one or the new one after a crash while it is replaced', async () => {
    const states: MemoryFileSystem[] = []
    let isReplacing = false
    const fs = new MemoryFileSystem({
      onOperation: () => {
        for (let seed = 1; isReplacing && seed <= 10; seed++)
          states.push(fs.crashed({ seed, profile: 'posix' }))
      },
    })
    await fs.makeDirectory('/s')
    await writeCurrent(fs, '/s', current)
    isReplacing = true
    await writeCurrent(fs, '/s', { ...current, manifestNumber: 9 })
    isReplacing = false
    const found = new Set<number>()
    for (const state of states) found.add((await readCurrent(state, '/s')).manifestNumber)
    expect([...found].sort()).toEqual([3, 9])
    expect((await readCurrent(fs.crashed({ seed: 1, profile: 'posix' }), '/s')).manifestNumber).toBe(9)
  })

  test('that is far too long is not read whole', async () => {
    const fs = new MemoryFileSystem()
    await fs.makeDirectory('/s')
    const file = await fs.open('/s/CURRENT', 'create')
    await file.write(new Uint8Array(5000), 0)
    await expect(readCurrent(fs, '/s')).rejects.toBeInstanceOf(CorruptionError)
  })
})
