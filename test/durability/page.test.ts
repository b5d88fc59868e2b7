import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../../docs/durability.md', import.meta.url), 'utf8')
const tests = readFileSync(new URL('./promises.test.ts', import.meta.url), 'utf8')

/** What stands between single asterisks, on one line. */
const namedTests = [...page.matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map(([, name]) =>
  (name as string).replaceAll(/\s+/g, ' '),
)

test('docs/durability.md names tests that are there', () => {
  expect(namedTests.length).toBeGreaterThan(15)
  expect(namedTests.filter((name) => !tests.includes(name))).toEqual([])
})

test('docs/durability.md names every test of the promises', () => {
  const titles = [...tests.matchAll(/^ {2,4}(?:test\(|)'((?:[^'\\]|\\.)+)',(?: async|$)/gm)].map(
    ([, title]) => title as string,
  )
  expect(titles.length).toBeGreaterThan(15)
  expect(titles.filter((title) => !namedTests.some((name) => title.startsWith(name)))).toEqual([])
})
