/** Completion scripts for shells: static text, made from the rows of the commands. */
import type { ArgumentRow, CommandRow, Completes } from '../command.ts'
import { globalOptions, rowsOf } from '../global-options.ts'
import { bashScript } from './bash.ts'
import type { CompletedCommand, CompletedOption, CompletedTool } from './completed-tool.ts'
import { fishScript } from './fish.ts'
import { powershellScript } from './powershell.ts'
import { zshScript } from './zsh.ts'

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof shells)[number]

const scripts: Readonly<Record<Shell, (tool: CompletedTool) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
}

export function completionScript(shell: Shell, rows: readonly CommandRow[]): string {
  return scripts[shell](describeTool(rows.filter((row) => row.place !== 'session')))
}

function describeTool(rows: readonly CommandRow[]): CompletedTool {
  const names = rows.map((row) => row.name)
  const standard = [
    { names: ['-h', '--help'], summary: 'show help', value: undefined },
    { names: ['-V', '--version'], summary: 'show the version', value: undefined },
  ]
  return {
    options: [...optionsOf(globalOptions), ...standard],
    commands: rows.map((row) => ({
      name: row.name,
      summary: row.summary,
      options: optionsOf(row.options),
      argument: argumentOf(row.arguments[0], names),
    })),
  }
}

function optionsOf(rows: object): CompletedOption[] {
  return rowsOf(rows).map(([, row]) => ({
    names: row.flags.split(/,? /).filter((word) => word.startsWith('-')),
    summary: row.summary,
    value: row.parse === undefined ? undefined : takenBy(row.completes),
  }))
}

function takenBy(completes: Completes | undefined): 'file' | 'any' | readonly string[] {
  return completes === undefined || completes === 'key' || completes === 'command' ? 'any' : completes
}

function argumentOf(row: ArgumentRow | undefined, names: readonly string[]): CompletedCommand['argument'] {
  const completes = row?.completes
  if (completes === 'command') return names
  return completes === 'key' ? undefined : completes
}
