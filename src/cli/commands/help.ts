/** `help`: the commands, or one of them. */
import type { CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'

export const help: CommandRow = {
  name: 'help',
  summary: 'show the commands, or more about one',
  arguments: [{ name: 'COMMAND', summary: 'the command', required: false, completes: 'command' }],
  options: {},
  long: true,
  async run(context, [name]) {
    await context.output.write(context.helpText(name))
    return ExitCode.ok
  },
}
