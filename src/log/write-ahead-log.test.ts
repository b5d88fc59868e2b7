import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { decodeFileHeader, fileHeaderSizeBytes } from './file-header.ts'
import { decodeLink, RecordType } from './record-format.ts'
import { RecordReader } from './record-reader.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

const storeId = { high: 1, low: 2 }

async function folder(onOperation?: (name: string) => void): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem({ onOperation: ({ name }) => onOperation?.(name) })
  await fs.makeDirectory('/s')
  return fs
}

async function bytesOf(fs: MemoryFileSystem, path: string): Promise<Uint8Array> {
  const file = await fs.open(path, 'read')
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  return bytes
}

describe('a new log', () => {
  test('is durable with its header and its name when it is made', async () => {
    for (const isBlocking of [false, true]) {
      const fs = await folder()
      const log = isBlocking
        ? WriteAheadLog.createSync(fs, '/s', 7, storeId)
        : await WriteAheadLog.create(fs, '/s', 7, storeId)
      expect(log.isEmpty).toBe(true)
      for (let seed = 1; seed < 20; seed++) {
        const bytes = await bytesOf(fs.crashed({ seed, profile: 'posix' }), '/s/000007.log')
        expect(decodeFileHeader(bytes, 'log', 'f')).toEqual({ kind: 'log', number: 7, storeId })
        expect(bytes).toHaveLength(fileHeaderSizeBytes)
      }
    }
  })

  test('leaves nothing behind when it cannot be made', async () => {
    for (const failing of ['write', 'sync', 'syncDirectory']) {
      for (const isBlocking of [false, true]) {
        const fs = await folder((name) => {
          if (name === failing) throw new Error('made by a test')
        }).catch(() => undefined)
        if (fs === undefined) throw new Error('the folder could not be made')
        const making = async (): Promise<WriteAheadLog> =>
          isBlocking
            ? WriteAheadLog.createSync(fs, '/s', 7, storeId)
            : WriteAheadLog.create(fs, '/s', 7, storeId)
        await expect(making()).rejects.toThrow('made by a test')
        await new Promise((resolve) => setImmediate(resolve))
        expect(await fs.list('/s')).toEqual([])
      }
    }
  })

  test('never takes a name that is there', async () => {
    const fs = await folder()
    await WriteAheadLog.create(fs, '/s', 7, storeId)
    await expect(WriteAheadLog.create(fs, '/s', 7, storeId)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(() => WriteAheadLog.createSync(fs, '/s', 7, storeId)).toThrow(/EEXIST/)
    expect(await fs.list('/s')).toHaveLength(1)
  })

  test('is removed when it is discarded', async () => {
    const fs = await folder()
    const log = await WriteAheadLog.create(fs, '/s', 7, storeId)
    await log.discard()
    await log.discard()
    expect(await fs.list('/s')).toEqual([])
  })
})

test('links and marks are records of the log they are written to', async () => {
  const fs = await folder()
  const log = await WriteAheadLog.create(fs, '/s', 7, storeId)
  const link = { previousNumber: 5, previousLength: 96, lastSequence: 41 }
  log.file.appendSync(log.encodeLink(link, { fileNumber: 5, offset: 96 }))
  log.lastSequence = 41
  log.file.appendSync(log.encodeSyncMark({ fileNumber: 7, offset: 40 }))
  await log.close()
  expect(() => log.file.syncSync()).toThrow(/closed/)
  const bytes = await bytesOf(fs, log.path)
  const reader = new RecordReader(bytes, 7, storeId)
  const first = reader.next()
  expect(first).toMatchObject({
    type: RecordType.link,
    firstSequence: 42,
    synced: { fileNumber: 5, offset: 96 },
  })
  expect(decodeLink(bytes, first?.payloadStart ?? 0)).toEqual(link)
  expect(reader.next()).toMatchObject({ type: RecordType.syncMark, firstSequence: 42, entryCount: 0 })
  expect(reader.next()).toBeUndefined()
  expect(reader.problem).toBeUndefined()
})
