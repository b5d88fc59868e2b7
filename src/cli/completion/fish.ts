/** The completion script for fish. */
import type { CompletedOption, CompletedTool } from './completed-tool.ts'

export function fishScript({ options, commands }: CompletedTool): string {
  const names = commands.map((command) => command.name).join(' ')
  const none = `not __fish_seen_subcommand_from ${names}`
  const lines = [
    '# fish completion for varve',
    'complete -c varve -f',
    ...options.map((option) => optionLine(option, undefined)),
    ...commands.map(
      ({ name, summary }) => `complete -c varve -n ${quoted(none)} -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(({ name, options: own, argument }) => {
      const condition = `__fish_seen_subcommand_from ${name}`
      const given =
        argument === undefined ? [] : [`complete -c varve -n ${quoted(condition)} ${offer(argument)}`]
      return [...given, ...own.map((option) => optionLine(option, condition))]
    }),
  ]
  return `${lines.join('\n')}\n`
}

function optionLine({ names, summary, value }: CompletedOption, condition: string | undefined): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  const where = condition === undefined ? '' : ` -n ${quoted(condition)}`
  const takes = value === undefined ? '' : value === 'any' ? ' -x' : ` -r ${offer(value)}`
  return `complete -c varve${where} ${flags.join(' ')}${takes} -d ${quoted(summary)}`
}

function offer(value: 'file' | readonly string[]): string {
  return value === 'file' ? '-F' : `-f -a ${quoted(value.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
