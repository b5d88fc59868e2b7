import { describe, expect, test } from 'vitest'
import { Deferred } from './deferred.ts'
import { type QueuedWrite, type StepNeed, WriteQueue } from './write-queue.ts'

/** A write that needs these things before it is done. */
function writeWith(
  needs: readonly StepNeed[],
  name: string,
  log: string[],
  signal?: AbortSignal,
): QueuedWrite {
  return {
    signal,
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
    measure: (act) => act(),
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

  test('an aborted write leaves at once, wherever it stands, and the others go on', async () => {
    const room = new Deferred()
    const log: string[] = []
    const queue = queueWith(room.promise)
    const controllers = ['first', 'second', 'third'].map((name) => ({
      name,
      controller: new AbortController(),
    }))
    const outcomes = controllers.map(({ name, controller }) =>
      queue.add(writeWith(['room'], name, log, controller.signal)).then(() => 'written', String),
    )
    controllers[1]?.controller.abort('not now')
    expect(await outcomes[1]).toBe('not now')
    controllers[0]?.controller.abort('nor this')
    expect(await outcomes[0]).toBe('nor this')
    room.resolve()
    expect(await outcomes[2]).toBe('written')
    expect(log).toEqual(['first needs a room', 'third needs a room', 'third is done'])
    expect(queue.isEmpty).toBe(true)
  })

  test('a write that is being brought in is not aborted half-way', async () => {
    const log: string[] = []
    const queue = queueWith(Promise.resolve())
    const controller = new AbortController()
    const write = queue.add(writeWith(['turn', 'turn'], 'first', log, controller.signal))
    controller.abort('too late')
    await write
    expect(log).toEqual(['first needs a turn', 'first needs a turn', 'first is done'])
  })
})
