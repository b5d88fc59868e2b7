/** `completion`: scripts that teach shells what Tab offers. */

import { UsageError } from '../cli-error.ts'
import type { CommandRow } from '../command.ts'
import { completionScript, type Shell, shells } from '../completion/completion-script.ts'
import { ExitCode } from '../exit-code.ts'

/** Takes the table of commands by a function, because the row itself stands in it. */
export function completionCommand(commands: () => readonly CommandRow[]): CommandRow {
  return {
    name: 'completion',
    summary: 'print a completion script for bash, zsh, fish or powershell',
    details: `  bash:        source <(varve completion bash)           in ~/.bashrc
  zsh:         source <(varve completion zsh)            in ~/.zshrc
  fish:        varve completion fish > ~/.config/fish/completions/varve.fish
  powershell:  varve completion powershell | Out-String | Invoke-Expression   in $PROFILE`,
    arguments: [{ name: 'SHELL', summary: shells.join(', '), required: true, completes: shells }],
    options: {},
    place: 'shell',
    async run(context, [name = '']) {
      const shell = shells.find((each) => each === name) as Shell | undefined
      if (shell === undefined)
        throw new UsageError(`there is no script for ${name}`, `There is one for ${shells.join(', ')}.`)
      await context.output.write(completionScript(shell, commands()))
      return ExitCode.ok
    },
  }
}
