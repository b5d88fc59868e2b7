/** `exit` and `quit`: the end of a session. */
import type { CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'

function leavingCommand(name: string): CommandRow {
  return {
    name,
    summary: 'leave (also Ctrl-D)',
    arguments: [],
    options: {},
    place: 'session',
    async run(context) {
      context.leave()
      return ExitCode.ok
    },
  }
}

export const exit: CommandRow = leavingCommand('exit')
export const quit: CommandRow = leavingCommand('quit')
