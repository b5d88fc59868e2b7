import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { deadReferences, type Places } from './links.ts'
import { readFiles, type SourceFile } from './source-code.ts'

const folders = ['src', 'test', 'docs', 'examples', 'scripts', 'bench', 'mutation', 'assembly']
const rootPages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
const pages = readFiles([...rootPages, ...folders], ['.md'])

function placesOf(paths: readonly string[], allPages: readonly SourceFile[]): Places {
  const parents = paths.flatMap((path) => {
    const parts = posix.dirname(path).split('/')
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  })
  return { files: new Set(paths), folders: new Set(parents), pages: allPages }
}

test('every link in the pages leads somewhere, and every file they name is there', () => {
  const paths = readFiles([...rootPages, 'LICENSE', ...folders], ['']).map(({ path }) => path)
  const places = placesOf(paths, pages)
  expect(pages.length).toBeGreaterThan(10)
  expect(pages.flatMap((page) => deadReferences(page, places))).toEqual([])
})

describe('the link check', () => {
  const target = { path: 'docs/b.md', text: '# B\n\n## What it costs, and why\n' }
  const places = placesOf(
    ['README.md', 'docs/a.md', 'docs/b.md', 'src/log/a.ts', 'src/log/a.test.ts'],
    [target],
  )
  const dead = (text: string): string[] => deadReferences({ path: 'docs/a.md', text }, places)

  test('follows links from the folder of the page, to files, folders and headings', () => {
    expect(dead('[b](b.md) [up](../README.md) [log](../src/log/) [web](https://example.org)')).toEqual([])
    expect(dead('[costs](b.md#what-it-costs-and-why)')).toEqual([])
    expect(dead('one\n[c](c.md)')).toEqual(['docs/a.md:2: c.md'])
    expect(dead('[b](b.md#nowhere)')).toEqual(['docs/a.md:1: b.md#nowhere'])
  })

  test('knows the files and folders that a text names', () => {
    expect(dead('`src/log/a.ts`, `src/log/`, `src/log`, `a.test.ts`, `node:fs`, `./a.ts`')).toEqual([])
    expect(dead('`src/log/b.ts`')).toEqual(['docs/a.md:1: src/log/b.ts'])
    expect(dead('`b.test.ts`')).toEqual(['docs/a.md:1: b.test.ts'])
  })
})
