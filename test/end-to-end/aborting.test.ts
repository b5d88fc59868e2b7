/** AbortSignal: whoever waits can stop waiting, and what was not begun is then not done. */
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { HeldReads } from '../support/held-reads.ts'
import { StillTime } from '../support/still-time.ts'

/** Flushes and compactions stand still while work is held: they go on turn by turn. */
class HeldTime extends StillTime {
  #held: (() => void)[] | undefined

  override immediate(run: () => void): void {
    if (this.#held === undefined) super.immediate(run)
    else this.#held.push(run)
  }

  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const run of held) super.immediate(run)
  }
}

interface StalledStore {
  readonly store: LogStructuredStore
  readonly time: HeldTime
  /** The write that found no memory. */
  readonly stalled: Promise<void>
  readonly told: string[]
}

/** A store that was written to until a write had to wait. */
async function stalledStore(): Promise<StalledStore> {
  const time = new HeldTime()
  const store = await LogStructuredStore.open('/store', {
    fileSystem: new MemoryFileSystem(),
    clock: time,
    scheduler: time,
    tuning: { arenaSizeBytes: 65_536, arenaCountMax: 2 },
  })
  const told: string[] = []
  store.on('stallBegin', ({ cause }) => told.push(`begin ${cause}`))
  store.on('stallEnd', ({ cause }) => told.push(`end ${cause}`))
  await store.put('before', '1')
  time.hold()
  for (let i = 0; i < 1_000; i++) {
    const stalled = store.put(`filling ${i}`, 'x'.repeat(3_000))
    await Promise.race([stalled, nextTurn()])
    if (store.status().stalls.cause !== undefined) return { store, time, stalled, told }
    time.pass(30)
  }
  throw new Error('no write had to wait')
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('end to end', () => {
  test('writes that wait for memory end when they are aborted, in any order, and the others go on', async () => {
    const { store, time, stalled, told } = await stalledStore()
    const controllers = Array.from({ length: 4 }, () => new AbortController())
    const writes = controllers.map(({ signal }, i) => store.put(`waiting ${i}`, 'v', { signal }))
    const batch = store.batch([{ type: 'put', key: 'batch', value: 'v' }], { signal: controllers[3]!.signal })
    const outcomes = [...writes, batch].map((write) => write.then(() => 'written', String))
    for (const i of [2, 0, 3]) {
      controllers[i]?.abort(`gave up ${i}`)
      expect(await outcomes[i]).toBe(`gave up ${i}`)
    }
    expect(await outcomes[4]).toBe('gave up 3')
    expect(store.status().stalls.cause).toBe('arenas')
    time.release()
    await letPass(time, stalled)
    expect(await outcomes[1]).toBe('written')
    expect(await store.getMany(['waiting 0', 'waiting 1', 'waiting 2', 'waiting 3', 'batch'])).toEqual([
      undefined,
      'v',
      undefined,
      undefined,
      undefined,
    ])
    expect(told).toEqual(['begin arenas', 'end arenas'])
    await store.close()
  })

  test('the write that the others wait behind can be aborted, too', async () => {
    const { store, time, stalled } = await stalledStore()
    const controller = new AbortController()
    const first = store.put('first', 'v', { signal: controller.signal })
    const second = store.put('second', 'v')
    controller.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    time.release()
    await letPass(time, Promise.all([stalled, second]))
    expect(await store.getMany(['first', 'second'])).toEqual([undefined, 'v'])
    await store.close()
  })

  test('an aborted signal ends writes and reads before they begin', async () => {
    const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(store.put('a', '1', { signal })).rejects.toThrow('too late')
    await expect(store.batch().put('a', '1').write({ signal })).rejects.toThrow('too late')
    await expect(store.clear({ signal })).rejects.toThrow('too late')
    await expect(store.get('a', { signal })).rejects.toThrow('too late')
    expect(() => store.putSync('a', '1', { signal })).toThrow('too late')
    expect(() => store.entries({ signal })).toThrow('too late')
    expect(await store.has('a')).toBe(false)
    await store.close()
  })
})

/** A store that nothing of is in memory, on a disk that does not answer any more. */
async function hangingStore(): Promise<{ store: LogStructuredStore; disk: HeldReads }> {
  const time = new StillTime()
  const disk = new HeldReads(time)
  const store = await LogStructuredStore.open('/store', {
    fileSystem: disk,
    clock: time,
    scheduler: time,
    tuning: { arenaSizeBytes: 65_536, cacheBudgetBytes: 0, indexBudgetBytes: 0 },
  })
  for (let i = 0; i < 300; i++) await store.put(`key ${i}`, 'x'.repeat(200))
  await store.flush()
  // Reads that take long make the next ones go without blocking.
  expect(await store.get('key 1')).toHaveLength(200)
  disk.hold()
  return { store, disk }
}

async function untilHeld(disk: HeldReads, count: number): Promise<void> {
  for (let turn = 0; disk.heldCount < count; turn++) {
    if (turn > 1_000) throw new Error(`only ${disk.heldCount} reads stand still`)
    await nextTurn()
  }
}

describe('a disk that does not answer', () => {
  test('keeps no read waiting that was aborted, and harms no other', async () => {
    const { store, disk } = await hangingStore()
    const aborting = new AbortController()
    const { signal } = aborting
    const iterator = store.entries({ signal })
    const loop = async (): Promise<void> => {
      for await (const _ of store.keys({ signal }));
    }
    const reads = [
      store.get('key 2', { signal }),
      store.has('key 3', { signal }),
      store.getMany(['key 4', 'key 5'], { signal }),
      iterator.nextMany(3),
      loop(),
      store.clear({ signal }),
    ]
    const told = Promise.all(reads.map((read) => read.then(() => 'read', String)))
    const patient = store.get('key 6')
    // Some of them share a load.
    await untilHeld(disk, 5)
    aborting.abort('too slow')
    expect(await told).toEqual(reads.map(() => 'too slow'))
    await iterator.close()
    disk.release()
    expect(await patient).toHaveLength(200)
    expect(await store.get('key 2')).toHaveLength(200)
    let count = 0
    for await (const _ of store.keys()) count++
    expect(count).toBe(300)
    expect(store.status().snapshots).toMatchObject({ iteratorCount: 0, snapshotCount: 0 })
    await store.close()
  })

  test("and a load that fails after it was given up is nobody's concern", async () => {
    const { store, disk } = await hangingStore()
    const aborting = new AbortController()
    const read = store.get('key 2', { signal: aborting.signal })
    await untilHeld(disk, 1)
    aborting.abort(new Error('too slow'))
    await expect(read).rejects.toThrow('too slow')
    const closing = store.close()
    disk.release()
    await closing
  })
})

describe('flush() and compact()', () => {
  test('wait for the writes before them, and no longer than their signal says', async () => {
    const { store, time, stalled } = await stalledStore()
    const aborting = new AbortController()
    const { signal } = aborting
    const flushing = store.flush({ signal }).then(() => 'flushed', String)
    const compacting = store.compact({ prefix: 'f', signal }).then(() => 'compacted', String)
    const patient = store.flush()
    await nextTurn()
    aborting.abort('enough')
    expect(await flushing).toBe('enough')
    expect(await compacting).toBe('enough')
    time.release()
    await letPass(time, Promise.all([stalled, patient]))
    expect(store.status().stalls.cause).toBeUndefined()
    await store.close()
  })

  test('can be given up while a flush is under way', async () => {
    const time = new HeldTime()
    const options = { fileSystem: new MemoryFileSystem(), clock: time, scheduler: time }
    const store = await LogStructuredStore.open('/store', options)
    await store.put('key', 'x')
    time.hold()
    const aborting = new AbortController()
    const flushing = store.flush({ signal: aborting.signal }).then(() => 'flushed', String)
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    expect(store.status().flushes.running).toBe(1)
    aborting.abort('enough')
    expect(await flushing).toBe('enough')
    time.release()
    await letPass(time, store.flush())
    expect(store.status().flushes).toMatchObject({ count: 1, failures: 0 })
    await store.close()
  })

  test('refuse options that they do not have', async () => {
    const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
    await expect(store.flush({ limit: 1 } as never)).rejects.toThrow(/flush has no option "limit"/)
    await expect(store.compact({ limit: 1 } as never)).rejects.toThrow(/compact has no option "limit"/)
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(store.flush({ signal })).rejects.toThrow('too late')
    await expect(store.compact({ signal })).rejects.toThrow('too late')
    await store.close()
  })
})

/** Waits while virtual time passes: writes are slowed down by it. */
async function letPass(time: StillTime, act: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = act.then(() => {
    isOver = true
  })
  while (!isOver) {
    await nextTurn()
    time.pass(1)
  }
  await over
}
