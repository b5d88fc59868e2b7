import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { codeBlocks } from '../support/markdown.ts'
import { runUserProgram } from '../support/user-program.ts'

const page = readFileSync(new URL('../../docs/level.md', import.meta.url), 'utf8')
const programs = codeBlocks(page).filter(({ language }) => language === 'ts')

test.each(programs)(
  'the program in line $line of docs/level.md prints what it says',
  async ({ text, printed }) => {
    expect(printed).not.toBe('')
    expect(await runUserProgram(text)).toEqual({ code: 0, stdout: printed, stderr: '' })
  },
)
