/** All commands, in the order of help. */
import type { CommandRow } from './command.ts'
import { check } from './commands/check.ts'
import { clear } from './commands/clear.ts'
import { compact } from './commands/compact.ts'
import { completionCommand } from './commands/completion.ts'
import { count } from './commands/count.ts'
import { deleteCommand } from './commands/delete.ts'
import { exit, quit } from './commands/exit.ts'
import { exportCommand } from './commands/export.ts'
import { flush } from './commands/flush.ts'
import { get } from './commands/get.ts'
import { help } from './commands/help.ts'
import { importCommand } from './commands/import.ts'
import { inspect } from './commands/inspect.ts'
import { levels } from './commands/levels.ts'
import { put } from './commands/put.ts'
import { repairCommand } from './commands/repair.ts'
import { scan } from './commands/scan.ts'
import { status } from './commands/status.ts'

export const commandTable: readonly CommandRow[] = [
  put,
  get,
  deleteCommand,
  scan,
  count,
  importCommand,
  exportCommand,
  status,
  levels,
  inspect,
  check,
  repairCommand,
  flush,
  compact,
  clear,
  completionCommand(() => commandTable),
  help,
  exit,
  quit,
]
