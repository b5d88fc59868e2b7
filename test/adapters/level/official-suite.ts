/**
 * Runs the suite that abstract-level publishes for its implementations, `abstract-level/test`, in a harness of tape
 * of its own, and gathers every assertion.
 */
import { createRequire } from 'node:module'
import tape from 'tape'

const require = createRequire(import.meta.url)

type Factory = (options?: object) => object
type Suite = (parts: { test: unknown; factory: Factory }) => void

/** What tape says of each test and assertion. */
interface TapeRow {
  readonly type: 'test' | 'assert' | 'end'
  readonly id?: number
  readonly test?: number
  readonly name?: string
  readonly ok?: boolean
  readonly skip?: unknown
  readonly error?: unknown
}

export interface SuiteReport {
  readonly passedCount: number
  readonly skippedCount: number
  /** One text for each assertion that failed: of which test, and how. */
  readonly failures: readonly string[]
}

/** Resolves when the last test has ended. */
export async function runOfficialSuite(factory: Factory): Promise<SuiteReport> {
  const suite = require('abstract-level/test') as Suite
  const harness = tape.createHarness()
  const rows = rowsOf(harness)
  suite({ test: harness, factory })
  return reportOf(await rows)
}

/** All rows, once the last has come. */
function rowsOf(harness: ReturnType<typeof tape.createHarness>): Promise<TapeRow[]> {
  const stream = harness.createStream({ objectMode: true })
  return new Promise((resolve, reject) => {
    const rows: TapeRow[] = []
    stream.on('data', (row: TapeRow) => rows.push(row))
    stream.on('end', () => resolve(rows))
    stream.on('error', reject)
  })
}

function reportOf(rows: readonly TapeRow[]): SuiteReport {
  const titles = new Map(rows.map((row) => [row.type === 'test' ? row.id : undefined, row.name]))
  const assertions = rows.filter(({ type }) => type === 'assert')
  const counted = assertions.filter(({ skip }) => !skip)
  return {
    passedCount: counted.filter(({ ok }) => ok).length,
    skippedCount: assertions.length - counted.length,
    failures: counted
      .filter(({ ok }) => !ok)
      .map(({ test, name, error }) => `${titles.get(test)}: ${name} ${String(error ?? '')}`),
  }
}
