import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { codeBlocks } from '../support/markdown.ts'
import { runUserProgram } from '../support/user-program.ts'

const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const tool = fileURLToPath(new URL('../../dist/cli/varve.js', import.meta.url))
const blocks = codeBlocks(page)
const programs = blocks.filter(({ language }) => language === 'ts')
const scripts = blocks.filter(({ language }) => language === 'sh')

describe('README.md', () => {
  test('has programs and commands to try', () => {
    expect(programs.length).toBeGreaterThan(1)
    expect(scripts).toHaveLength(1)
  })

  test.each(programs)('the program in line $line prints what it says', async ({ text, printed }) => {
    expect(printed).not.toBe('')
    expect(await runUserProgram(text)).toEqual({ code: 0, stdout: printed, stderr: '' })
  })

  test.skipIf(process.platform === 'win32').each(scripts)(
    'the commands in line $line print what they say',
    ({ text, printed }) => {
      expect(runInShell(text)).toBe(printed)
    },
  )
})

/** What the commands print in an empty folder where `varve` is the built tool. */
function runInShell(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'varve-readme-'))
  try {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'varve'), `#!/bin/sh\nexec '${process.execPath}' '${tool}' --quiet "$@"\n`)
    chmodSync(join(bin, 'varve'), 0o755)
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
    const { stdout, stderr, status } = spawnSync('sh', ['-e', '-c', script], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    return stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
