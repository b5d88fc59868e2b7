/** Scans of either side, made alike: which range, of what, and in which of the ways to walk. */
import type { EntryIterator, RangeOptions } from '../../src/store/key-value-store.ts'
import type { Place } from './open-readers.ts'
import type { Twin } from './twin.ts'

export type Scan = EntryIterator<unknown, unknown>

const boundNames = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const
const calls = ['entries', 'entries', 'keys', 'values'] as const

/** The same scan of both, somewhere. */
export interface TwinScan {
  readonly ours: Scan
  readonly theirs: Scan
}

/** Any bounds, any direction, often a limit. */
export function anyRange({ random, vocabulary }: Twin): RangeOptions<unknown> {
  const names = boundNames.filter(() => random.chance(0.25))
  return {
    ...Object.fromEntries(names.map((name) => [name, vocabulary.bound()])),
    reverse: random.chance(0.5),
    ...(random.chance(0.3) && { limit: random.upTo(30) }),
  }
}

export function openScan(
  { store, oracle, random }: Twin,
  range: RangeOptions<unknown>,
  place: Place,
): TwinScan {
  const call = calls[random.upTo(calls.length - 1)] as 'entries'
  return {
    ours: store[call]({ ...range, ...place.ours }),
    theirs: oracle[call]({ ...range, ...place.theirs }),
  }
}

/** Everything that is left, in one of the ways to walk. */
export async function readToEnd(scan: Scan, way: number): Promise<unknown[]> {
  const items: unknown[] = []
  if (way === 0) for (const item of scan) items.push(item)
  else if (way === 1) for await (const item of scan) items.push(item)
  else {
    const count = way === 2 ? 7 : 1_000
    const isSync = way === 4
    for (;;) {
      const some = isSync ? scan.nextManySync(count) : await scan.nextMany(count)
      if (some.length === 0) break
      items.push(...some)
    }
  }
  await scan.close()
  return items
}

export const wayCount = 5
