import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resolveSettings } from '../../src/store/settings.ts'

const MiB = 1024 * 1024

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

/** The names declared in an interface of a source file. */
function membersOf(source: string, name: string): string[] {
  const body =
    new RegExp(`export interface ${name}(?:<[^{]*>)? {\\n([\\s\\S]*?)\\n}\\n`).exec(source)?.[1] ?? ''
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, member]) => member as string)
}

test('docs/tuning.md has a row for every option', () => {
  const settings = read('src/store/settings.ts')
  const names = [...membersOf(settings, 'StoreOptions'), ...membersOf(settings, 'TuningOptions')]
  const rows = read('docs/tuning.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
  const documented = new Set(rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name)))
  expect(names.length).toBeGreaterThan(20)
  expect(names.filter((name) => name !== 'tuning' && !documented.has(name))).toEqual([])
})

test('docs/tuning.md gives the defaults that options have', () => {
  const { tuning, createIfMissing: _, errorIfExists: __, ...settings } = resolveSettings({})
  const { arenaSizeBytes, arenaCountMax, indexBudgetBytes, cacheBudgetBytes, ...fixed } = tuning
  const defaults = { ...fixed, ...settings }
  const wrong = Object.entries(defaults).filter(([name, value]) => {
    const [, , shown = ''] =
      rowsOf('docs/tuning.md').find(([, first]) => first?.includes(`\`${name}\``)) ?? []
    return shown !== textOf(value) && !shown.startsWith(`${textOf(value)},`)
  })
  expect(wrong).toEqual([])
})

test('docs/tuning.md shows how budgets are spent', () => {
  const budgets = rowsOf('docs/tuning.md').filter(([, first]) => /^\d+ [MG]iB/.test(first ?? ''))
  expect(budgets.length).toBeGreaterThan(3)
  for (const [, budget = '', ...shares] of budgets) {
    const [, amount, unit] = /^(\d+) (M|G)iB/.exec(budget) ?? []
    const memoryBudgetBytes = Number(amount) * (unit === 'G' ? 1024 : 1) * MiB
    const { tuning } = resolveSettings({ memoryBudgetBytes })
    expect(shares.slice(0, 3)).toEqual([
      `${tuning.arenaCountMax} × ${textOf(tuning.arenaSizeBytes)}`,
      textOf(tuning.indexBudgetBytes),
      textOf(tuning.cacheBudgetBytes),
    ])
  }
})

/** The cells of all rows of tables, from index 1 on. */
function rowsOf(path: string): string[][] {
  const lines = read(path).split('\n')
  return lines
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
}

/** A value as the page writes it. */
function textOf(value: number | string): string {
  if (typeof value === 'string') return `\`'${value}'\``
  return value >= MiB ? `${value / MiB} MiB` : value.toLocaleString('en-US')
}

test('docs/operating.md has every event', () => {
  const names = membersOf(read('src/store/store-events.ts'), 'StoreEventMap')
  const page = read('docs/operating.md')
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
