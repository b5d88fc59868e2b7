import { describe, expect, test } from 'vitest'
import { LogBench } from '../../test/support/log-bench.ts'
import { logStoreId } from '../../test/support/log-files.ts'
import { fileHeaderSizeBytes } from '../log/file-header.ts'
import { decodeLink, RecordType } from '../log/record-format.ts'
import { RecordReader } from '../log/record-reader.ts'
import type { WriteAheadLog } from '../log/write-ahead-log.ts'

async function firstRecordOf(bench: LogBench, log: WriteAheadLog): Promise<ReturnType<typeof decodeLink>> {
  const file = await bench.fs.open(log.path, 'read')
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  const record = new RecordReader(bytes, log.number, logStoreId).next()
  expect(record?.type).toBe(RecordType.link)
  return decodeLink(bytes, record?.payloadStart ?? 0)
}

describe('LogSet', () => {
  test('makes no file before the first write, and then names each log before it is used', async () => {
    const bench = await LogBench.create()
    expect(bench.logs.current).toBeUndefined()
    expect(bench.logs.switch()).toBe(false)
    expect(await bench.names()).toEqual(['CURRENT', 'MANIFEST-000001'])
    bench.write()
    const first = bench.logs.current as WriteAheadLog
    expect(bench.manifest.state.logNumbers).toContain(first.number)
    await bench.prepared()
    expect(bench.manifest.state.logNumbers).toEqual([first.number, bench.logs.next?.number])
  })

  test('goes over to the next log when that is ready, and writes on in the current one when not', async () => {
    const bench = await LogBench.create()
    bench.write()
    const first = bench.logs.current
    expect(bench.logs.switch()).toBe(false)
    expect(bench.logs.current).toBe(first)
    await bench.prepared()
    expect(bench.logs.switch()).toBe(true)
    expect(bench.logs.logs.map(({ number }) => number)).toEqual([2, 3])
  })

  test('links each log to the one before it', async () => {
    const bench = await LogBench.create()
    bench.write()
    bench.write()
    await bench.prepared()
    const first = bench.logs.current as WriteAheadLog
    expect(await firstRecordOf(bench, first)).toEqual({
      previousNumber: 0,
      previousLength: 0,
      lastSequence: 0,
    })
    bench.logs.switch()
    bench.write()
    const link = { previousNumber: first.number, previousLength: first.file.position, lastSequence: 2 }
    expect(await firstRecordOf(bench, bench.logs.current as WriteAheadLog)).toEqual(link)
    expect(bench.logs.pendingLink()).toBeUndefined()
  })

  test('counts as synced only what every earlier log was synced up to as well', async () => {
    const bench = await LogBench.create()
    const { logs } = bench
    bench.write()
    await bench.prepared()
    const first = logs.current as WriteAheadLog
    const begun = logs.beginSync()
    expect(begun.logs.map(({ log, length }) => [log.number, length])).toEqual([[2, first.file.position]])
    bench.write()
    logs.switch()
    bench.write()
    // Meanwhile more was written, to both: the sync does not speak of that.
    logs.completeSync(begun)
    expect(logs.syncedPosition).toEqual({ fileNumber: 2, offset: begun.logs[0]?.length })
    const second = logs.beginSync()
    expect(second.logs.map(({ log }) => log.number)).toEqual([2, 3])
    logs.completeSync(second)
    expect(logs.syncedPosition).toEqual({ fileNumber: 3, offset: logs.current?.file.position })
    expect(logs.beginSync().logs).toEqual([])
  })

  test('marks a quiet log once it is synced, and does not take the mark for something to be synced', async () => {
    const bench = await LogBench.create()
    const { logs } = bench
    logs.writeSyncMark()
    bench.write()
    const log = logs.current as WriteAheadLog
    const before = log.file.position
    logs.writeSyncMark()
    expect(log.file.position).toBe(before)
    logs.completeSync(logs.beginSync())
    logs.writeSyncMark()
    expect(log.file.position).toBeGreaterThan(before)
    expect(logs.beginSync().logs).toEqual([])
    bench.write()
    expect(logs.beginSync().logs).toHaveLength(1)
  })

  test('does not leave a log that ends in half a mark before something was written over that', async () => {
    const bench = await LogBench.create()
    const { logs } = bench
    bench.write()
    await bench.prepared()
    logs.completeSync(logs.beginSync())
    bench.fs.capacityBytes = bench.fs.usedBytes + 20
    logs.writeSyncMark()
    bench.fs.capacityBytes = Infinity
    expect(logs.switch()).toBe(false)
    bench.write()
    expect(logs.switch()).toBe(true)
  })

  test('syncs the mark at the end of a log once another one continues it', async () => {
    const bench = await LogBench.create()
    const { logs } = bench
    bench.write()
    await bench.prepared()
    logs.completeSync(logs.beginSync())
    logs.writeSyncMark()
    logs.switch()
    bench.write()
    expect(logs.beginSync().logs.map(({ log }) => log.number)).toEqual([2, 3])
  })

  test('drops logs from the oldest on, and gives all up after a full disk', async () => {
    const bench = await LogBench.create()
    const { logs } = bench
    for (let i = 0; i < 3; i++) {
      bench.write()
      await bench.prepared()
      logs.switch()
    }
    bench.write()
    await bench.prepared()
    expect(logs.dropBelow(4).map(({ number }) => number)).toEqual([2, 3])
    expect(logs.logs.map(({ number }) => number)).toEqual([4, 5])
    expect(logs.abandon().map(({ number }) => number)).toEqual([4, 5, 6])
    expect(logs.current).toBeUndefined()
    bench.write()
    expect(logs.current?.number).toBe(7)
  })

  test('does not use a log that was being made ready when all were given up', async () => {
    const bench = await LogBench.create()
    const { logs } = bench
    bench.write()
    logs.abandon()
    await bench.prepared()
    expect(logs.next).toBeUndefined()
    bench.write()
    await bench.prepared()
    expect(logs.current?.number).toBe(4)
    expect(logs.next?.number).toBeGreaterThan(4)
  })

  test('tries again to make a log ready when there was no room, and leaves nothing of the attempt', async () => {
    for (const failing of ['000003.log', 'MANIFEST']) {
      const bench = await LogBench.create()
      bench.write()
      bench.fail = ({ name, path }) => {
        if (name === 'write' && path.includes(failing))
          throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      }
      await bench.prepared()
      expect(bench.prepareFailures).toHaveLength(1)
      bench.fail = undefined
      expect((await bench.names()).filter((name) => name.endsWith('.log'))).toEqual(['000002.log'])
      expect(bench.logs.switch()).toBe(false)
      await bench.prepared()
      expect(bench.logs.switch()).toBe(true)
      bench.write()
    }
  })

  test('keeps a log whose naming may be on the disk although it failed', async () => {
    const bench = await LogBench.create()
    bench.fail = ({ name, path }) => {
      if (name === 'sync' && path.includes('MANIFEST'))
        throw Object.assign(new Error('gone'), { code: 'EIO' })
    }
    expect(() => bench.write()).toThrow(/stable storage/)
    await bench.prepared()
    expect(await bench.names()).toContain('000002.log')
  })

  test('makes no log ready once it was stopped', async () => {
    const bench = await LogBench.create()
    bench.write()
    await bench.logs.stopPreparing()
    const count = bench.manifest.state.logNumbers.length
    bench.logs.switch()
    bench.logs.switch()
    await bench.prepared()
    expect(bench.manifest.state.logNumbers).toHaveLength(count)
    await bench.logs.close()
  })

  test('a first log that cannot be made leaves no file, and the next write makes another', async () => {
    const bench = await LogBench.create()
    bench.fs.capacityBytes = bench.fs.usedBytes + 10
    expect(() => bench.write()).toThrow(/ENOSPC/)
    await bench.prepared()
    expect((await bench.names()).filter((name) => name.endsWith('.log'))).toEqual([])
    bench.fs.capacityBytes = Infinity
    bench.write()
    expect(bench.logs.current?.file.position).toBeGreaterThan(fileHeaderSizeBytes)
  })
})
