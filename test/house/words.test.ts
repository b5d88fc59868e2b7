import { describe, expect, test } from 'vitest'
import { readFiles } from './source-code.ts'
import { wordBreaks } from './words.ts'

test('no empty folder names, notes to oneself or second editions', () => {
  const code = readFiles(
    ['src', 'test', 'examples', 'scripts', 'assembly', 'web', 'bench', 'mutation'],
    ['.ts', '.mjs'],
  )
  const docs = readFiles(['docs', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'], ['.md'])
  expect([...code, ...docs].flatMap(wordBreaks)).toEqual([])
})

describe('the word check', () => {
  test('names file and line', () => {
    const note = ['TO', 'DO'].join('')
    expect(wordBreaks({ path: 'src/log/a.ts', text: `// first\n// ${note}: later` })).toEqual([
      `src/log/a.ts:2: ${note}`,
    ])
    const edition = ['block', 'v2'].join('_')
    expect(wordBreaks({ path: `src/segment/${edition}.ts`, text: '' })).toEqual([
      `src/segment/${edition}.ts: an edition in the name`,
    ])
    expect(wordBreaks({ path: 'src/segment/a.ts', text: `const ${edition} = 1` })).toHaveLength(1)
  })

  test('names a folder that says nothing', () => {
    expect(wordBreaks({ path: 'src/utils/a.ts', text: '' })).toEqual(['src/utils/a.ts: a folder named utils'])
    expect(wordBreaks({ path: 'src/log/utils.ts', text: '' })).toEqual([])
  })
})
