/**
 * Lets every k-th operation of a short life fail, once and from then on, with the errors that disks and systems
 * give. `VARVE_FAULT_STEP` takes every n-th only (default 1 for one error that passes).
 */
import { describe, expect, test } from 'vitest'
import { FailingLife, FaultPlan } from './failing-life.ts'

const step = Number(process.env.VARVE_FAULT_STEP ?? 1)

interface FaultKind {
  readonly code: 'EIO' | 'ENOSPC' | 'EMFILE'
  readonly isLasting: boolean
  readonly isSlow: boolean
}

const kinds: readonly FaultKind[] = (['EIO', 'ENOSPC', 'EMFILE'] as const).flatMap((code) =>
  [false, true].flatMap((isLasting) => [false, true].map((isSlow) => ({ code, isLasting, isSlow }))),
)

/** How often each operation really failed with each error. */
const failures = new Map<string, number>()

describe('when an operation of the disk fails, all promises settle and all promises are kept', () => {
  for (const { code, isLasting, isSlow } of kinds) {
    const name = `${code} ${isLasting ? 'from then on' : 'once'}${isSlow ? ', slow disk' : ''}`
    test(name, async () => {
      const total = await operationCountOf(code, isSlow)
      for (let at = isSlow ? 1 : 0; at < total; at += isSlow || isLasting ? 3 * step : step) {
        const plan = new FaultPlan(at, code, isLasting)
        try {
          await new FailingLife({ plan, isSlow }).live()
        } catch (cause) {
          const [first] = plan.failed
          throw new Error(`${name}, at ${at}: ${first?.name} ${first?.path}`, { cause })
        }
        for (const operation of plan.failed) {
          const what = `${operation.name} ${kindOf(operation.path)}: ${code}`
          failures.set(what, (failures.get(what) ?? 0) + 1)
        }
      }
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

/** How many operations of a life in which nothing fails could fail so. */
async function operationCountOf(code: string, isSlow: boolean): Promise<number> {
  const plan = new FaultPlan(Infinity, code, false)
  await new FailingLife({ plan, isSlow }).live()
  return plan.count
}

function kindOf(path: string): string {
  if (path.endsWith('.log')) return 'log'
  if (path.endsWith('.seg')) return 'segment'
  if (path.includes('MANIFEST')) return 'manifest'
  return path.slice(path.lastIndexOf('/') + 1)
}
