/** What listeners and loggers are told. */
import { expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { Logger } from '../../src/store/store-events.ts'

class LineLogger implements Logger {
  readonly lines: string[] = []

  debug(_fields: object, message: string): void {
    this.lines.push(`debug ${message}`)
  }

  info(_fields: object, message: string): void {
    this.lines.push(`info ${message}`)
  }

  warn(_fields: object, message: string): void {
    this.lines.push(`warn ${message}`)
  }

  error(_fields: object, message: string): void {
    this.lines.push(`error ${message}`)
  }
}

test('a logger is told of everything, from the opening to the end of the closing', async () => {
  const logger = new LineLogger()
  const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem(), logger })
  await store.put('a', '1')
  await store.flush()
  await store.close()
  await store.close()
  expect(logger.lines).toEqual(['debug open', 'debug flushBegin', 'debug flushEnd', 'debug close'])
})

test('listeners get begin and end of a job with the same number, and the numbers of its segments', async () => {
  const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
  const told: unknown[] = []
  store.on('flushBegin', ({ job, entryCount }) => told.push({ job, entryCount }))
  store.on('flushEnd', ({ job, segments }) => told.push({ job, segments }))
  store.on('close', ({ path }) => told.push(path))
  await store.put('a', '1')
  await store.put('b', '2')
  await store.flush()
  const segment = store.status().levels[0]?.segments[0]?.number
  await store.close()
  expect(told).toEqual([{ job: 1, entryCount: 2 }, { job: 1, segments: [segment] }, '/store'])
})

test('a listener that throws harms nobody, and is told to the logger', async () => {
  const logger = new LineLogger()
  const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem(), logger })
  let toldCount = 0
  store.on('flushEnd', () => {
    throw new Error('of the listener')
  })
  store.on('flushEnd', () => {
    toldCount += 1
  })
  await store.put('a', '1')
  await store.flush()
  expect(toldCount).toBe(1)
  expect(logger.lines).toContain('error a listener of the store threw')
  await store.close()
})
