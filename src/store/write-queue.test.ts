import { describe, expect, test } from 'vitest'
import { Deferred } from './deferred.ts'
import { type QueuedWrite, type StepNeed, WriteQueue } from './write-queue.ts'

/** A write that needs these things before it is done. */
function writeWith(needs: readonly StepNeed[], name: string, log: string[]): QueuedWrite {
  return {
    signal: undefined,
    *steps() {
      for (const need of needs) {
        log.push(`${name} needs a ${need}`)
        yield need
      }
      log.push(`${name} is done`)
      return Promise.resolve()
    },
  }
}

function queueWith(room: Promise<void>): WriteQueue {
  return new WriteQueue({
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
    waitForRoom: () => room,
    waitForRoomSync: () => {},
  })
}

describe('WriteQueue', () => {
  test('carries writes out one after the other, in their order', async () => {
    const log: string[] = []
    const queue = queueWith(Promise.resolve())
    await Promise.all([
      queue.add(writeWith(['turn', 'room'], 'first', log)),
      queue.add(writeWith([], 'second', log)),
    ])
    expect(log).toEqual(['first needs a turn', 'first needs a room', 'first is done', 'second is done'])
  })

  test('carries out a write that comes at any moment after the last one was drained', async () => {
    for (let microtaskCount = 0; microtaskCount < 12; microtaskCount++) {
      const room = new Deferred()
      const queue = queueWith(room.promise)
      const log: string[] = []
      const first = queue.add(writeWith(['room'], 'first', log))
      queue.drainSync()
      room.resolve()
      for (let i = 0; i < microtaskCount; i++) await undefined
      await queue.add(writeWith(['turn'], 'second', log))
      await first
      expect(log.at(-1)).toBe('second is done')
    }
  })
})
