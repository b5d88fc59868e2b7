import { describe, expect, test } from 'vitest'
import { CorruptionError } from '../errors.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { encodeCheckedText } from './checked-text.ts'
import {
  type CloseProof,
  consumeCloseProof,
  consumeCloseProofSync,
  decodeCloseProof,
  readCloseProof,
  writeCloseProof,
} from './close-proof.ts'

const proof: CloseProof = {
  manifestNumber: 7,
  manifestLength: 4096,
  logs: [
    { number: 8, length: 120 },
    { number: 11, length: 2 ** 40 },
  ],
  lastSequence: 2 ** 48 - 1,
}

async function folder(onOperation?: (name: string) => void): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem({ onOperation: ({ name }) => onOperation?.(name) })
  await fs.makeDirectory('/s')
  return fs
}

describe('the proof of a clean close', () => {
  test('says the same as before when it is read, with logs and without', async () => {
    const fs = await folder()
    for (const written of [proof, { ...proof, logs: [] }]) {
      await writeCloseProof(fs, '/s', written)
      expect(await readCloseProof(fs, '/s')).toEqual(written)
    }
  })

  test('is refused when its fields are not what they should be', () => {
    const fields = { manifest: '1', 'manifest-length': '2', logs: '', 'last-sequence': '3' }
    for (const wrong of [
      { logs: 'x' },
      { logs: '1' },
      { logs: '1:2,,' },
      { 'last-sequence': '' },
      { manifest: 'm' },
    ]) {
      const bytes = encodeCheckedText('closed', { ...fields, ...wrong })
      expect(() => decodeCloseProof(bytes, 'f')).toThrow(CorruptionError)
    }
  })

  test('is absent where there is none, and durable once it was written', async () => {
    const fs = await folder()
    expect(await readCloseProof(fs, '/s')).toBeUndefined()
    await writeCloseProof(fs, '/s', proof)
    for (let seed = 1; seed <= 10; seed++) {
      expect(await readCloseProof(fs.crashed({ seed, profile: 'posix' }), '/s')).toEqual(proof)
    }
  })

  test('never comes back once it was consumed, blocking or not, or both at once', async () => {
    const manners = [
      (fs: MemoryFileSystem) => consumeCloseProof(fs, '/s'),
      (fs: MemoryFileSystem) => consumeCloseProofSync(fs, '/s'),
      async (fs: MemoryFileSystem) => {
        const consumed = consumeCloseProof(fs, '/s')
        consumeCloseProofSync(fs, '/s')
        expect(await readCloseProof(fs.crashed({ seed: 3, profile: 'posix' }), '/s')).toBeUndefined()
        await consumed
      },
    ]
    for (const consume of manners) {
      const fs = await folder()
      await writeCloseProof(fs, '/s', proof)
      await consume(fs)
      for (let seed = 1; seed <= 10; seed++) {
        expect(await readCloseProof(fs.crashed({ seed, profile: 'posix' }), '/s')).toBeUndefined()
      }
    }
  })

  test('cannot be consumed when it cannot be removed', async () => {
    let isFailing = false
    const fs = await folder((name) => {
      if (isFailing && name === 'unlink') throw Object.assign(new Error('made by a test'), { code: 'EACCES' })
    })
    await writeCloseProof(fs, '/s', proof)
    isFailing = true
    await expect(consumeCloseProof(fs, '/s')).rejects.toThrow('made by a test')
    expect(() => consumeCloseProofSync(fs, '/s')).toThrow('made by a test')
  })
})
