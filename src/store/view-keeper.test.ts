import { describe, expect, test } from 'vitest'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { Version } from '../manifest/version.ts'
import { BlockCache } from '../segment/block-cache.ts'
import { IndexBudget } from '../segment/index-budget.ts'
import { ViewKeeper } from './view-keeper.ts'

const add = (number: number): { level: number; run: number; meta: ReturnType<typeof segmentMeta> } => ({
  level: 0,
  run: number,
  meta: segmentMeta(number, 'a', 'z'),
})

const first = Version.empty.apply({ added: [add(1), add(2)], removed: [] })
const second = first.apply({ added: [add(3)], removed: [1] })
const third = second.apply({ added: [add(4)], removed: [2, 3] })

function keeper(): { views: ViewKeeper; obsolete: number[] } {
  const obsolete: number[] = []
  const views = new ViewKeeper(
    {
      fs: new MemoryFileSystem(),
      directory: '/store',
      caches: { blocks: new BlockCache(0), indexes: new IndexBudget(0) },
      onObsolete: (segments) => obsolete.push(...segments.map(({ number }) => number)),
    },
    [],
    first,
  )
  return { views, obsolete }
}

describe('ViewKeeper', () => {
  test('hands over segments as soon as no picture names them', () => {
    const { views, obsolete } = keeper()
    views.setVersion(second, [])
    expect(obsolete).toEqual([1])
    views.setVersion(third, [])
    expect(obsolete.sort()).toEqual([1, 2, 3])
    expect(views.current.segments.map(({ number }) => number)).toEqual([4])
  })

  test('keeps the segments of a picture that is held, however many come after it', () => {
    const { views, obsolete } = keeper()
    const held = views.hold()
    views.setVersion(second, [])
    const heldLater = views.hold()
    views.setVersion(third, [])
    expect(obsolete).toEqual([])
    views.release(heldLater)
    expect(obsolete).toEqual([3])
    views.release(held)
    expect(obsolete.sort()).toEqual([1, 2, 3])
  })

  test('counts those who hold one picture', () => {
    const { views, obsolete } = keeper()
    const held = views.hold()
    expect(views.hold()).toBe(held)
    views.setVersion(second, [])
    views.release(held)
    expect(obsolete).toEqual([])
    views.release(held)
    expect(obsolete).toEqual([1])
  })

  test('makes a new picture at each change, with the same segments where they stay', () => {
    const { views } = keeper()
    const before = views.current
    views.setTables([])
    expect(views.current).not.toBe(before)
    expect(views.current.generation).toBeGreaterThan(before.generation)
    expect(views.current.runs).toBe(before.runs)
    const kept = before.segments.find(({ number }) => number === 2)
    views.setVersion(second, [])
    expect(views.current.segments).toContain(kept)
  })
})
