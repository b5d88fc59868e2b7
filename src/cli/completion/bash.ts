/** The completion script for bash. */
import type { CompletedOption, CompletedTool } from './completed-tool.ts'

export function bashScript({ options, commands }: CompletedTool): string {
  const names = commands.map((command) => command.name)
  const all = [...options, ...commands.flatMap((command) => command.options)]
  const taking = all.filter((option) => option.value !== undefined).flatMap((option) => option.names)
  return `# bash completion for varve
_varve() {
  local word previous command= index IFS=$' \\t\\n'
  word="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
      ${[...new Set(taking)].join('|')}) ((index++)) ;;
      -*) ;;
      *) command="\${COMP_WORDS[index]}"; break ;;
    esac
  done
  case "$previous" in
${valueCases(all)}
  esac
  if [[ "$word" == -* ]]; then
    local options="${namesOf(options)}"
    case "$command" in
${commands.map((command) => `      ${command.name}) options="$options ${namesOf(command.options)}" ;;`).join('\n')}
    esac
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    return
  fi
  case "$command" in
    '') COMPREPLY=($(compgen -W "${names.join(' ')}" -- "$word")) ;;
${commands.flatMap(({ name, argument }) => (argument === undefined ? [] : [`    ${name}) ${offer(argument)} ;;`])).join('\n')}
  esac
}
complete -o filenames -F _varve varve
`
}

function valueCases(options: readonly CompletedOption[]): string {
  const lines = options.flatMap(({ names, value }) => {
    if (value === undefined) return []
    return [`    ${names.join('|')}) ${value === 'any' ? '' : `${offer(value)}; `}return ;;`]
  })
  return [...new Set(lines)].join('\n')
}

function offer(value: 'file' | readonly string[]): string {
  // Names of files may have spaces in them.
  if (value === 'file') return `IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$word"))`
  return `COMPREPLY=($(compgen -W "${value.join(' ')}" -- "$word"))`
}

function namesOf(options: readonly CompletedOption[]): string {
  return options.flatMap((option) => option.names).join(' ')
}
