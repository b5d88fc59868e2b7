import { expect, test } from 'vitest'
import { settle } from '../../test/crash/settling.ts'
import { openSmallStore, storePath } from '../../test/crash/small-stores.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { VirtualTime } from '../testing/laboratory/virtual-time.ts'
import type { LogStructuredStore } from './log-structured-store.ts'
import type { StoreEventMap } from './store-events.ts'

const intervalMs = 60_000

class Scene {
  readonly disk = new MemoryFileSystem()
  readonly time = new VirtualTime(new SeededRandom(1))
  readonly damages: StoreEventMap['damage'][] = []
  readonly rounds: StoreEventMap['scrubEnd'][] = []

  async open(scrubIntervalMs = 0): Promise<LogStructuredStore> {
    // Without compression, so that segments keep their size when they are merged meanwhile.
    const opening = openSmallStore(this.disk, this.time, { scrubIntervalMs, compression: 'none' })
    const store = await settle(opening, this.time, 'open()')
    store.on('damage', (damage) => this.damages.push(damage))
    store.on('scrubEnd', (round) => this.rounds.push(round))
    return store
  }

  /** Lets so much time pass, a little at a time. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.time.pass(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async flip(path: string, offset: number): Promise<void> {
    const file = await this.disk.open(path, 'update')
    const byte = new Uint8Array(1)
    await file.read(byte, offset)
    await file.write(Uint8Array.of((byte[0] as number) ^ 4), offset)
    await file.close()
  }
}

async function filledStore(scene: Scene, scrubIntervalMs = 0): Promise<LogStructuredStore> {
  const store = await scene.open(scrubIntervalMs)
  for (let i = 0; i < 400; i++) store.putSync(`k${i}`, 'v'.repeat(400))
  await settle(store.flush(), scene.time, 'flush()')
  return store
}

function segmentPathOf(store: LogStructuredStore): string {
  const [segment] = store.status().levels.flatMap(({ segments }) => segments)
  return `${storePath}/${String(segment?.number).padStart(6, '0')}.seg`
}

test('reads nothing unless asked to', async () => {
  const scene = new Scene()
  const store = await filledStore(scene)
  await scene.pass(3 * intervalMs)
  expect(store.status().scrub).toEqual({ intervalMs: 0, roundCount: 0, bytesRead: 0, problems: [] })
  await settle(store.close(), scene.time, 'close()')
})

test('reads every segment once an interval, spread over it', async () => {
  const scene = new Scene()
  const store = await filledStore(scene, intervalMs)
  const { segmentBytes } = store.status().disk
  await scene.pass(1.5 * intervalMs)
  const half = store.status().scrub.bytesRead
  expect(half).toBeGreaterThan(0.2 * segmentBytes)
  expect(half).toBeLessThan(0.8 * segmentBytes)
  await scene.pass(0.7 * intervalMs)
  expect(scene.rounds).toMatchObject([{ bytesRead: store.status().disk.segmentBytes, problemCount: 0 }])
  expect(scene.rounds[0]?.durationMs).toBeGreaterThan(0.9 * intervalMs)
  expect(store.status().scrub).toMatchObject({ roundCount: 1, problems: [] })
  await settle(store.close(), scene.time, 'close()')
})

test('tells damage by event and in the status, until a reading finds it gone', async () => {
  const scene = new Scene()
  const store = await filledStore(scene, intervalMs)
  await scene.pass(2_000)
  const path = segmentPathOf(store)
  await scene.flip(path, 700)
  await scene.pass(2.3 * intervalMs)
  expect(scene.damages[0]).toMatchObject({ path, message: expect.stringContaining('checksum') })
  for (const damage of scene.damages) expect(damage).toEqual(scene.damages[0])
  expect(scene.damages[0]?.offset).toBeLessThanOrEqual(700)
  expect(store.status().scrub.problems).toEqual([scene.damages[0]])
  await scene.flip(path, 700)
  await scene.pass(2.2 * intervalMs)
  expect(store.status().scrub).toMatchObject({ problems: [] })
  await settle(store.close(), scene.time, 'close()')
})

test('lets go of segments that are merged away, and of everything at closing', async () => {
  const scene = new Scene()
  const store = await filledStore(scene, intervalMs)
  await scene.pass(1.3 * intervalMs)
  for (let i = 0; i < 400; i++) store.putSync(`k${i}`, 'w'.repeat(400))
  await settle(store.compact(), scene.time, 'compact()')
  await scene.pass(2 * intervalMs)
  expect(scene.damages).toEqual([])
  expect(store.status().scrub.roundCount).toBeGreaterThan(0)
  await scene.pass(0.4 * intervalMs)
  await settle(store.close(), scene.time, 'close()')
  const { bytesRead } = store.status().scrub
  await scene.pass(intervalMs)
  expect(store.status().scrub.bytesRead).toBe(bytesRead)
})
