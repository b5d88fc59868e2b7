import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codeBlocks } from '../support/markdown.ts'
import { runUserProgram } from '../support/user-program.ts'

/** The pages of the adapters, with the packages that they speak of under other names here. */
const pages: readonly [page: string, installed: Record<string, string>][] = [
  ['docs/keyv.md', { keyv: 'keyv6' }],
  ['docs/unstorage.md', {}],
]

describe.each(pages)('%s', (page, installed) => {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
  const programs = codeBlocks(text).filter(({ language }) => language === 'ts')

  test('has a program to try', () => {
    expect(programs.length).toBeGreaterThan(0)
  })

  test.each(programs)('the program in line $line prints what it says', async ({ text: source, printed }) => {
    expect(printed).not.toBe('')
    expect(await runUserProgram(source, installed)).toEqual({ code: 0, stdout: printed, stderr: '' })
  })
})
