import { afterEach, beforeEach, expect, test } from 'vitest'
import { Deferred } from './deferred.ts'

let unhandled: unknown[] = []
const note = (reason: unknown): void => {
  unhandled.push(reason)
}
let before: NodeJS.UnhandledRejectionListener[] = []

beforeEach(() => {
  unhandled = []
  before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', note)
})

afterEach(() => {
  process.off('unhandledRejection', note)
  for (const listener of before) process.on('unhandledRejection', listener)
})

test.each([
  ['a rejection', (deferred: Deferred) => deferred.reject(new Error('no'))],
  ['a promise that is rejected', (deferred: Deferred) => deferred.resolve(Promise.reject(new Error('no')))],
  [
    'a promise that is rejected later',
    (deferred: Deferred) =>
      deferred.resolve(new Promise((_, reject) => setImmediate(() => reject(new Error('no'))))),
  ],
])('%s that nobody looks at is no unhandled one, and who looks sees it', async (_, settle) => {
  settle(new Deferred())
  const seen = new Deferred()
  settle(seen)
  await expect(seen.promise).rejects.toThrow('no')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(unhandled).toEqual([])
})
