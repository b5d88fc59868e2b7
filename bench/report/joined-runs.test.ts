import { describe, expect, test } from 'vitest'
import { joinRuns, roundsText } from './joined-runs.mjs'
import { medianFigure, medianRatio } from './ratios.mjs'
import type { SavedRun } from './report.mjs'

type Measured = SavedRun['measurements'][number]

/** One round of a workload: what each engine did in a second. */
function round(workload: string, number: number, rates: Record<string, number>): Measured[] {
  return Object.entries(rates).map(([engine, operations]) => ({
    workload,
    engine,
    round: number,
    result: { operations, seconds: 1 },
  }))
}

const machine: SavedRun['machine'] = {
  node: 'v20.20.2',
  platform: 'linux x64 6.1',
  processor: 'a processor',
  processorCount: 2,
  memoryBytes: 2 ** 34,
  fileSystem: 'ext4',
  loadAverage: [1, 1, 1],
  virtual: false,
}

function savedRun(measurements: Measured[], more: Partial<SavedRun> = {}): SavedRun {
  return {
    date: '2026-01-01T00:00:00.000Z',
    minutes: 10,
    commit: 'abc1234',
    settings: { entries: 1000, rounds: 1, seconds: 5, quick: false },
    machine,
    engines: [
      { name: 'varve', version: '1.0.0' },
      { name: 'lmdb', version: '3.0.0' },
    ],
    missing: [],
    measurements,
    ...more,
  }
}

/** Of each measurement its workload, its round and what it measured. */
function shown({ measurements }: SavedRun): string[] {
  return measurements.map(
    ({ workload, engine, round: number, result, error }) =>
      `${workload} ${number} ${engine} ${error ?? result.operations}`,
  )
}

describe('joinRuns()', () => {
  test('leaves one run as it is', () => {
    const run = savedRun([...round('get', 0, { varve: 1, lmdb: 2 }), ...round('get', 1, { varve: 3 })])
    expect(joinRuns([run])).toEqual(run)
  })

  test('makes what later runs measured further rounds of each workload, with all engines of a round together', () => {
    const joined = joinRuns([
      savedRun([...round('get', 0, { varve: 1, lmdb: 2 }), ...round('get', 1, { varve: 3, lmdb: 4 })]),
      savedRun([...round('get', 0, { lmdb: 5, varve: 6 }), ...round('scan', 0, { varve: 7 })]),
      savedRun([...round('scan', 0, { varve: 8 }), ...round('get', 0, { varve: 9 })]),
    ])
    expect(shown(joined)).toEqual([
      'get 0 varve 1',
      'get 0 lmdb 2',
      'get 1 varve 3',
      'get 1 lmdb 4',
      'get 2 lmdb 5',
      'get 2 varve 6',
      'scan 0 varve 7',
      'scan 1 varve 8',
      'get 3 varve 9',
    ])
  })

  test('counts a round in which an engine failed', () => {
    const failed = { workload: 'get', engine: 'varve', round: 0, error: 'out of time' }
    const joined = joinRuns([savedRun([failed]), savedRun(round('get', 0, { varve: 1 }))])
    expect(shown(joined)).toEqual(['get 0 varve out of time', 'get 1 varve 1'])
  })

  test('gives medians over the rounds of all runs, and ratios within the rounds of each', () => {
    const get = { workload: 'get', better: 'higher' } as const
    const { measurements } = joinRuns([
      savedRun(round('get', 0, { varve: 10, lmdb: 5 })),
      savedRun(round('get', 0, { varve: 40, lmdb: 40 })),
      savedRun(round('get', 0, { varve: 30, lmdb: 20 })),
    ])
    expect(medianFigure(measurements, get, 'varve')).toBe(30)
    expect(medianFigure(measurements, get, 'lmdb')).toBe(20)
    expect(medianRatio(measurements, get, 'varve', 'lmdb')).toBe(1.5)
  })

  test('changes none of the runs', () => {
    const runs = [savedRun(round('get', 0, { varve: 1 })), savedRun(round('get', 0, { varve: 2 }))]
    const before = structuredClone(runs)
    joinRuns(runs)
    expect(runs).toEqual(before)
  })

  test('dates from the first run, takes as long as all, and tells the state of the machine after the last', () => {
    const joined = joinRuns([
      savedRun([], { date: '2026-01-01T00:00:00.000Z', minutes: 10 }),
      savedRun([], { date: '2026-01-02T00:00:00.000Z', minutes: 5 }),
      savedRun([], {
        date: '2026-01-03T00:00:00.000Z',
        minutes: 2.5,
        machine: { ...machine, loadAverage: [7, 7, 7] },
      }),
    ])
    expect(joined).toMatchObject({
      date: '2026-01-01T00:00:00.000Z',
      minutes: 17.5,
      machine: { loadAverage: [7, 7, 7] },
    })
  })

  test('tells each length of a measurement once, the shortest first', () => {
    const ofSeconds = (seconds: number): SavedRun =>
      savedRun([], { settings: { entries: 1000, rounds: 3, seconds, quick: false } })
    const { settings } = joinRuns([ofSeconds(10), ofSeconds(5), ofSeconds(10), ofSeconds(2)])
    expect(settings).toMatchObject({ entries: 1000, secondsOf: [2, 5, 10] })
  })

  test('names each engine that any run had once', () => {
    const { engines } = joinRuns([
      savedRun([], { engines: [{ name: 'varve', version: '1.0.0' }] }),
      savedRun([]),
      savedRun([], { engines: [{ name: 'rocksdb', version: '12.0.0' }] }),
    ])
    expect(engines).toEqual([
      { name: 'varve', version: '1.0.0' },
      { name: 'lmdb', version: '3.0.0' },
      { name: 'rocksdb', version: '12.0.0' },
    ])
  })

  test('names as missing what some run missed and none had', () => {
    const { missing } = joinRuns([
      savedRun([], { missing: [{ name: 'rocksdb', error: 'not built' }] }),
      savedRun([], {
        engines: [{ name: 'rocksdb', version: '12.0.0' }],
        missing: [{ name: 'sqlite', error: 'too old' }],
      }),
      savedRun([], { missing: [{ name: 'sqlite', error: 'too old' }] }),
    ])
    expect(missing).toEqual([{ name: 'sqlite', error: 'too old' }])
  })

  test.each([
    ['commits', { commit: 'def5678' }, /different commits are not one: abc1234 and def5678/],
    [
      'numbers of entries',
      { settings: { entries: 2000, rounds: 1, seconds: 5, quick: false } },
      /different numbers of entries are not one: 1000 and 2000/,
    ],
    [
      'processors',
      { machine: { ...machine, processor: 'another' } },
      /different processors are not one: a processor, 2 and another, 2/,
    ],
    [
      'numbers of processors',
      { machine: { ...machine, processorCount: 8 } },
      /different processors are not one: a processor, 2 and a processor, 8/,
    ],
  ])('refuses runs of different %s, wherever among them, and names these', (_what, other, problem) => {
    expect(() => joinRuns([savedRun([]), savedRun([], other)])).toThrow(problem)
    expect(() => joinRuns([savedRun([]), savedRun([], other), savedRun([])])).toThrow(problem)
  })
})

describe('roundsText()', () => {
  test('tells how many rounds each workload had', () => {
    const get = round('get', 0, { varve: 1, lmdb: 2 })
    expect(roundsText(savedRun(get))).toBe('1 round')
    expect(roundsText(savedRun([...get, ...round('get', 1, { varve: 1 })]))).toBe('2 rounds')
    const scans = [0, 1, 2].flatMap((number) => round('scan', number, { varve: 1 }))
    expect(roundsText(savedRun([...get, ...scans]))).toBe('1 to 3 rounds')
    expect(roundsText(joinRuns([savedRun([...get, ...scans]), savedRun(get)]))).toBe('2 to 3 rounds')
  })
})
