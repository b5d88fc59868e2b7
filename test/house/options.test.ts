import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

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

test('docs/operating.md has every event', () => {
  const names = membersOf(read('src/store/store-events.ts'), 'StoreEventMap')
  const page = read('docs/operating.md')
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
