import { describe, expect, test } from 'vitest'
import { adapterBreaks, floorBreaks } from './floors.ts'
import { readShippedFiles } from './source-code.ts'

test('every folder of src/ imports lower floors only', () => {
  expect(readShippedFiles().flatMap(floorBreaks)).toEqual([])
})

test('an adapter imports nothing of another one', () => {
  expect(readShippedFiles().flatMap(adapterBreaks)).toEqual([])
})

test('the adapter check sees an import of another adapter', () => {
  const breaks = (path: string, specifier: string): string[] =>
    adapterBreaks({ path, text: `import { X } from '${specifier}'` })
  expect(breaks('src/adapters/keyv/a.ts', '../expiring/b.ts')).toEqual([])
  expect(breaks('src/adapters/keyv/a.ts', '../../store/b.ts')).toEqual([])
  expect(breaks('src/adapters/keyv/a.ts', '../level/b.ts')).toEqual([
    'src/adapters/keyv/a.ts imports src/adapters/level/b.ts: adapters do not know each other',
  ])
  expect(breaks('src/adapters/expiring/a.ts', '../keyv/b.ts')).toHaveLength(1)
})

describe('the floor check', () => {
  const breaks = (path: string, specifier: string): string[] =>
    floorBreaks({ path, text: `import type { X } from '${specifier}'` })

  test('allows a lower floor, the own folder, the ground and packages', () => {
    expect(breaks('src/store/a.ts', '../segment/b.ts')).toEqual([])
    expect(breaks('src/store/a.ts', './b.ts')).toEqual([])
    expect(breaks('src/store/deep/a.ts', '../b.ts')).toEqual([])
    expect(breaks('src/bytes/a.ts', '../errors.ts')).toEqual([])
    expect(breaks('src/kernel/a.ts', '../bytes/b.ts')).toEqual([])
    expect(breaks('src/cli/a.ts', 'commander')).toEqual([])
    expect(breaks('src/main.ts', './cli/a.ts')).toEqual([])
    expect(breaks('src/adapters/a.ts', '../index.ts')).toEqual([])
    expect(breaks('src/invariant.ts', './errors.ts')).toEqual([])
  })

  test('names importer, imported and floors of an import upwards', () => {
    expect(breaks('src/log/a.ts', '../store/b.ts')).toEqual([
      'src/log/a.ts imports src/store/b.ts: floor 2 must not know floor 6',
    ])
    expect(breaks('src/bytes/a.ts', '../kernel/b.ts')).toHaveLength(1)
    expect(breaks('src/store/a.ts', '../index.ts')).toHaveLength(1)
    expect(breaks('src/errors.ts', './bytes/b.ts')).toHaveLength(1)
    expect(breaks('src/index.ts', './testing/b.ts')).toHaveLength(1)
  })

  test('refuses neighbours', () => {
    expect(breaks('src/segment/a.ts', '../iterate/b.ts')).toEqual([
      'src/segment/a.ts imports src/iterate/b.ts: neighbours on floor 2',
    ])
    expect(breaks('src/fs/a.ts', '../entry/b.ts')).toHaveLength(1)
  })

  test('sees re-exports and dynamic imports', () => {
    expect(floorBreaks({ path: 'src/log/a.ts', text: "export * from '../store/b.ts'" })).toHaveLength(1)
    expect(floorBreaks({ path: 'src/log/a.ts', text: "await import('../store/b.ts')" })).toHaveLength(1)
  })

  test('asks for the floor of a new folder', () => {
    expect(breaks('src/attic/a.ts', '../bytes/b.ts')).toEqual([
      'src/attic/a.ts: src/attic has no floor; give it one in test/house/floors.ts and ARCHITECTURE',
    ])
    expect(breaks('src/store/a.ts', '../attic/b.ts')).toHaveLength(1)
  })
})
