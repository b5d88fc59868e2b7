/**
 * Lets every k-th operation of a short life fail, once and from then on, with the errors that disks and systems
 * give. On a slow disk, where each k is another life anyway, every third of them.
 */
import { describe, expect, test } from 'vitest'
import { type FaultCode, FaultPlan } from '../../src/testing/laboratory/fault-plan.ts'
import { reportFigure, roundCountOf } from '../support/figures.ts'
import { FailingLife } from './failing-life.ts'

const lifeCount = roundCountOf(1, 17)
const timeoutMs = roundCountOf(600_000, 7_200_000)

interface FaultKind {
  readonly code: FaultCode
  readonly isShort: boolean
  readonly isLasting: boolean
  readonly isSlow: boolean
}

const kinds: readonly FaultKind[] = (
  [
    ['EIO', false],
    ['EIO', true],
    ['ENOSPC', true],
    ['EMFILE', false],
  ] as const
).flatMap(([code, isShort]) =>
  [false, true].flatMap((isLasting) => [false, true].map((isSlow) => ({ code, isShort, isLasting, isSlow }))),
)

/** How often each operation really failed with each error. */
const failures = new Map<string, number>()

describe('when an operation of the disk fails, all promises settle and all promises are kept', () => {
  for (const kind of kinds) {
    const { code, isShort, isLasting, isSlow } = kind
    const often = isLasting ? 'from then on' : 'once'
    const name = `${code}${isShort ? ' with half of a write done' : ''} ${often}${isSlow ? ', slow disk' : ''}`
    test(name, { timeout: timeoutMs }, async () => {
      let count = 0
      for (let seed = 0; seed < lifeCount; seed++) {
        const total = await operationCountOf(kind, seed)
        // Of short writes only the writes are new.
        const step = isSlow || (isShort && code === 'EIO') ? 3 : 1
        for (let at = (seed + 1) % step; at < total; at += step, count++) await failAt(at, kind, seed, name)
      }
      expect(count).toBeGreaterThan(code === 'EMFILE' ? 5 : 30)
      reportFigure(`error at every k-th call, ${isLasting ? 'lasting' : 'once'}`, count)
    })
  }

  test('and each of the errors really happened where it could', () => {
    console.log(Object.fromEntries([...failures].sort()))
    for (const what of ['write log: EIO', 'sync log: EIO', 'write log: ENOSPC', 'open segment: EMFILE']) {
      expect(failures.get(what), what).toBeGreaterThan(3)
    }
    for (const what of [
      'sync manifest: ENOSPC',
      'write manifest: EIO',
      'sync segment: EIO',
      'unlink log: EIO',
    ]) {
      expect(failures.get(what), what).toBeGreaterThan(0)
    }
  })
})

async function failAt(at: number, kind: FaultKind, seed: number, name: string): Promise<void> {
  const plan = new FaultPlan({ ...kind, at })
  try {
    await new FailingLife({ plan, isSlow: kind.isSlow, seed }).live()
  } catch (cause) {
    const [first] = plan.failed
    throw new Error(`${name}, at ${at} of life ${seed}: ${first?.name} ${first?.path}`, { cause })
  }
  for (const operation of plan.failed) {
    const what = `${operation.name} ${kindOf(operation.path)}: ${kind.code}`
    failures.set(what, (failures.get(what) ?? 0) + 1)
  }
}

/** How many operations of a life in which nothing fails could fail so. */
async function operationCountOf(kind: FaultKind, seed: number): Promise<number> {
  const plan = new FaultPlan({ ...kind, at: Infinity })
  await new FailingLife({ plan, isSlow: kind.isSlow, seed }).live()
  return plan.count
}

function kindOf(path: string): string {
  if (path.endsWith('.log')) return 'log'
  if (path.endsWith('.seg')) return 'segment'
  if (path.includes('MANIFEST')) return 'manifest'
  return path.slice(path.lastIndexOf('/') + 1)
}
