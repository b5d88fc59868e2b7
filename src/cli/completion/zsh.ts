/** The completion script for zsh. */
import type { CompletedCommand, CompletedOption, CompletedTool } from './completed-tool.ts'

export function zshScript({ options, commands }: CompletedTool): string {
  return `#compdef varve
# zsh completion for varve
_varve() {
  local context state state_descr line
  typeset -A opt_args
  local -a everywhere=(
${options.map((option) => `    ${optionSpec(option)}`).join('\n')}
  )
  _arguments -C $everywhere '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, summary }) => `        ${quoted(`${name}:${escaped(summary)}`)}`).join('\n')}
      )
      _describe 'command' commands ;;
    rest)
      case $words[1] in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_varve" ]; then _varve "$@"; else compdef _varve varve; fi
`
}

function commandCase({ name, options, argument }: CompletedCommand): string {
  // A rest without an action would be a message, and a message keeps what is found from being inserted.
  const rest = argument === undefined ? [] : [quoted(`*: :${action(argument)}`)]
  const specs = [...options.map(optionSpec), ...rest]
  return `        ${name}) _arguments $everywhere ${specs.join(' ')} ;;`
}

function optionSpec({ names, summary, value }: CompletedOption): string {
  const text = `[${escaped(summary)}]${value === undefined ? '' : `: :${action(value)}`}`
  if (names.length === 1) return quoted(`${names[0] as string}${text}`)
  return `${quoted(`(${names.join(' ')})`)}{${names.join(',')}}${quoted(text)}`
}

function action(value: 'file' | 'any' | readonly string[]): string {
  if (value === 'any') return ''
  return value === 'file' ? '_files' : `(${value.join(' ')})`
}

function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
