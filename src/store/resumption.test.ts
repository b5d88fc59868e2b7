import { describe, expect, test } from 'vitest'
import { StillTime } from '../../test/support/still-time.ts'
import { Resumption } from './resumption.ts'

interface Bench {
  readonly resumption: Resumption
  readonly time: StillTime
  /** When attempts were begun. */
  readonly attempts: number[]
  isFull: boolean
  /** Ends the attempt that runs. */
  end: () => void
}

function openBench(): Bench {
  const time = new StillTime()
  const bench: Bench = {
    time,
    attempts: [],
    isFull: true,
    end: () => {},
    resumption: new Resumption({
      clock: time,
      scheduler: time,
      isFull: () => bench.isFull,
      attempt: (beganMs) => {
        bench.attempts.push(beganMs)
        return new Promise((resolve) => {
          bench.end = resolve
        })
      },
    }),
  }
  return bench
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets time pass in small steps; attempts end at once. */
async function passWithFailures(bench: Bench, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    bench.time.pass(500)
    bench.end()
    await turn()
  }
}

describe('Resumption', () => {
  test('tries by itself, less and less often', async () => {
    const bench = openBench()
    bench.resumption.begin()
    await passWithFailures(bench, 150_000)
    expect(bench.attempts).toEqual([1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000, 121_000])
  })

  test('tries when a write is refused, at most once a second', async () => {
    const bench = openBench()
    bench.resumption.begin()
    await passWithFailures(bench, 16_000)
    bench.attempts.length = 0
    for (let i = 0; i < 8; i++) {
      bench.resumption.ask()
      bench.end()
      await turn()
      bench.time.pass(250)
    }
    expect(bench.attempts).toEqual([16_000, 17_000])
  })

  test('runs one attempt at a time', async () => {
    const bench = openBench()
    bench.resumption.begin()
    bench.time.pass(60_000)
    bench.resumption.ask()
    expect(bench.attempts).toEqual([1_000])
    bench.end()
    await turn()
    bench.resumption.ask()
    expect(bench.attempts).toEqual([1_000, 60_000])
  })

  test('ends when the store has room, and starts with little patience when it is full again', async () => {
    const bench = openBench()
    bench.resumption.begin()
    await passWithFailures(bench, 10_000)
    bench.isFull = false
    await passWithFailures(bench, 100_000)
    bench.resumption.ask()
    expect(bench.attempts).toEqual([1_000, 3_000, 7_000])
    bench.isFull = true
    bench.resumption.begin()
    bench.time.pass(1_000)
    expect(bench.attempts.at(-1)).toBe(111_000)
  })

  test('stop() waits for the attempt that runs, and none follows', async () => {
    const bench = openBench()
    bench.resumption.begin()
    bench.time.pass(1_000)
    let isStopped = false
    const stopping = bench.resumption.stop().then(() => {
      isStopped = true
    })
    await turn()
    expect(isStopped).toBe(false)
    bench.end()
    await stopping
    bench.time.pass(100_000)
    bench.resumption.ask()
    expect(bench.attempts).toEqual([1_000])
  })
})
