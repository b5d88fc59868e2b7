/** Completion scripts: what is in them, and what real shells make of them where they are installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandTable } from '../../src/cli/command-table.ts'
import { globalOptions, rowsOf } from '../../src/cli/global-options.ts'
import { flagsOf } from '../../src/cli/session/typed-line.ts'
import { Desk } from './cli-in-process.ts'

const scriptFor = async (shell: string): Promise<string> => (await new Desk().run(['completion', shell])).out

const has = (program: string): boolean => spawnSync(program, ['-c', 'exit 0']).status === 0

describe.each(['bash', 'zsh', 'fish', 'powershell'])('the script for %s', (shell) => {
  test('knows every command and every long option', async () => {
    const script = await scriptFor(shell)
    const commands = commandTable.filter((command) => command.place !== 'session')
    const flags = [globalOptions, ...commands.map((command) => command.options)].flatMap((options) =>
      rowsOf(options).flatMap(([, row]) => flagsOf(row)),
    )
    const longNames = flags.filter((flag) => flag.startsWith('--')).map((flag) => flag.slice(2))
    for (const name of [...commands.map((command) => command.name), ...longNames])
      expect(script).toContain(name)
    expect(script).not.toContain('undefined')
  })

  test.skipIf(shell === 'powershell' || !has(shell))('is valid', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'varve-completion-')), 'script')
    writeFileSync(path, await scriptFor(shell))
    const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' })
    rmSync(dirname(path), { recursive: true })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe.skipIf(!has('bash'))('in bash', () => {
  const script = scriptFor('bash')

  async function offered(...words: string[]): Promise<string[]> {
    const ask = `COMP_WORDS=(varve "$@"); COMP_CWORD=$#; _varve; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = spawnSync('bash', ['-c', `${await script}\n${ask}`, 'bash', ...words], {
      encoding: 'utf8',
    })
    return stdout.split('\n').filter((line) => line !== '')
  }

  test('Tab offers commands, options, and words that an option takes', async () => {
    expect(await offered('comp')).toEqual(['compact', 'completion'])
    expect(await offered('--store', 'get', 'sc')).toEqual(['scan'])
    expect(await offered('scan', '--re')).toEqual(['--reverse'])
    expect(await offered('scan', '--js')).toEqual(['--json'])
    expect(await offered('scan', '--limit', '')).toEqual([])
    expect(await offered('export', '--format', '')).toEqual(['ndjson', 'csv'])
    expect(await offered('--durability', 'd')).toEqual(['disk'])
    expect(await offered('completion', 'f')).toEqual(['fish'])
    expect(await offered('help', 'sc')).toEqual(['scan'])
    expect(await offered('import', 'package.js')).toEqual(['package.json'])
  })
})
