import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runUserProgram } from '../support/user-program.ts'

const folder = new URL('../../examples/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.ts'))

test.each(names)('examples/%s prints what it says', async (name) => {
  const source = readFileSync(new URL(name, folder), 'utf8')
  const [, comment] = source.split('// Prints:\n')
  const promised = comment?.replaceAll(/^\/\/ {0,3}/gm, '')
  expect(promised).toBeTruthy()
  expect(await runUserProgram(source)).toEqual({ code: 0, stdout: promised, stderr: '' })
})
