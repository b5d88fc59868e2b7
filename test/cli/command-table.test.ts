import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { CommandRow } from '../../src/cli/command.ts'
import { commandTable } from '../../src/cli/command-table.ts'
import { formatOptions, globalOptions, rowsOf } from '../../src/cli/global-options.ts'
import { flagsOf } from '../../src/cli/session/typed-line.ts'
import { Desk } from './cli-in-process.ts'

/** The field that commander fills for a long flag. */
function fieldOf(flags: string): string {
  const long = /--(?:no-)?([a-z-]+)/.exec(flags)?.[1] ?? ''
  return long.replace(/-[a-z]/g, (part) => part.charAt(1).toUpperCase())
}

describe('the table of commands', () => {
  test('names each command once', () => {
    const names = commandTable.map((command) => command.name)
    expect(new Set(names).size).toBe(names.length)
  })

  test.each(commandTable.map((command): [string, CommandRow] => [command.name, command]))(
    '%s: options are called as their fields, and hide no option of the tool',
    (_name, command) => {
      const own = rowsOf(command.options)
      for (const [field, row] of own) expect(fieldOf(row.flags)).toBe(field)
      const globalFlags = rowsOf(globalOptions).flatMap(([, row]) => flagsOf(row))
      const flags = own.flatMap(([, row]) => flagsOf(row))
      expect(
        flags.filter((flag) => [...globalFlags, '-h', '--help', '-V', '--version'].includes(flag)),
      ).toEqual([])
      expect(new Set(flags).size).toBe(flags.length)
    },
  )

  test('options of the tool are called as their fields', () => {
    for (const [field, row] of [...rowsOf(globalOptions), ...rowsOf(formatOptions)])
      expect(fieldOf(row.flags)).toBe(field)
  })

  test.each(commandTable.filter((command) => command.place !== 'session').map((command) => [command.name]))(
    "'varve help %s' and 'varve %s --help' say the same, with every option in it",
    async (name) => {
      const desk = new Desk()
      const help = await desk.run(['help', name])
      expect(help).toMatchObject({ code: 0, err: '' })
      expect((await desk.run([name, '--help'])).out).toBe(help.out)
      const command = commandTable.find((each) => each.name === name) as CommandRow
      for (const [, row] of rowsOf(command.options)) expect(help.out).toContain(row.flags)
      expect(help.out).toContain(`Usage: varve ${name}`)
    },
  )

  test("'varve help' and 'varve --help' say the same", async () => {
    const desk = new Desk()
    expect((await desk.run(['help'])).out).toBe((await desk.run(['--help'])).out)
    expect((await desk.run(['--version'])).out).toBe('varve 9.8.7\n')
  })

  test('docs/cli.md knows every command and every option', () => {
    const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
    for (const { name } of commandTable) expect(page).toMatch(new RegExp(`\`${name}[ \`]`))
    const options = [globalOptions, ...commandTable.map((command) => command.options)]
    for (const flag of options.flatMap((rows) => rowsOf(rows).flatMap(([, row]) => flagsOf(row)))) {
      expect(page).toContain(flag)
    }
  })
})
