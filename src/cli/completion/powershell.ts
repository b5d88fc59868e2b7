/** The completion script for PowerShell. Files are what PowerShell offers when a script offers nothing. */
import type { CompletedCommand, CompletedOption, CompletedTool } from './completed-tool.ts'

export function powershellScript({ options, commands }: CompletedTool): string {
  const all = [...options, ...commands.flatMap((command) => command.options)]
  const taking = all.filter((option) => option.value !== undefined).flatMap((option) => option.names)
  const choices = all.filter((option): option is CompletedOption & { value: readonly string[] } =>
    Array.isArray(option.value),
  )
  return `# PowerShell completion for varve
Register-ArgumentCompleter -Native -CommandName varve -ScriptBlock {
  param($word, $ast, $cursor)
  $commands = [ordered]@{
${commands.map(({ name, summary }) => `    ${quoted(name)} = ${quoted(summary)}`).join('\n')}
  }
  $options = @{
    '' = ${list(options)}
${commands.map(({ name, options: own }) => `    ${quoted(name)} = ${list(own)}`).join('\n')}
  }
  $arguments = @{
${commands
  .filter(hasWords)
  .map(({ name, argument }) => `    ${quoted(name)} = ${words(argument as readonly string[])}`)
  .join('\n')}
  }
  $choices = @{
${choices
  .flatMap(({ names, value }) => [...names].map((name) => `    ${quoted(name)} = ${words(value)}`))
  .filter(isFirst)
  .join('\n')}
  }
  $taking = ${words([...new Set(taking)])}
  $given = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
  $command = ''
  $previous = ''
  foreach ($each in $given) {
    if ($command -eq '' -and -not $each.StartsWith('-') -and $taking -cnotcontains $previous) { $command = $each }
    $previous = $each
  }
  if ($choices.ContainsKey($previous)) { $offered = $choices[$previous] }
  elseif ($taking -ccontains $previous) { return }
  elseif ($word.StartsWith('-')) { $offered = $options[''] + $options[$command] }
  elseif ($command -eq '') { $offered = $commands.Keys }
  else { $offered = $arguments[$command] }
  $offered | Where-Object { $_ -like "$word*" } | ForEach-Object {
    $tip = if ($commands.Contains($_)) { $commands[$_] } else { $_ }
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $tip)
  }
}
`
}

function hasWords({ argument }: CompletedCommand): boolean {
  return argument !== undefined && argument !== 'file'
}

function list(options: readonly CompletedOption[]): string {
  return words(options.flatMap((option) => option.names))
}

function words(values: readonly string[]): string {
  return `@(${values.map(quoted).join(', ')})`
}

function isFirst(line: string, index: number, lines: readonly string[]): boolean {
  return lines.indexOf(line) === index
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
