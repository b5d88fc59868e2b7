import { createHook } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { open } from '../../src/index.ts'

/** What Node calls a trip to its thread pool for a file. */
const poolRequests = new Set(['FSREQCALLBACK', 'FSREQPROMISE', 'FILEHANDLE'])

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-opening-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('after a clean close waits for no thread of the pool, nor does a blocking read behind it', async () => {
  const path = join(folder, 'store')
  const first = await open(path)
  await first.put('key', 'value')
  await first.close()
  const requests: string[] = []
  const hook = createHook({ init: (_, type) => void (poolRequests.has(type) && requests.push(type)) })
  hook.enable()
  const store = await open(path)
  const value = store.getSync('key')
  hook.disable()
  expect(value).toBe('value')
  expect(requests).toEqual([])
  await store.close()
})
