/** `flush`: what is in memory becomes a segment. */
import type { CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { untilAborted } from '../interrupts.ts'
import { reportDone } from '../report.ts'

export const flush: CommandRow = {
  name: 'flush',
  summary: 'write what is in memory to a segment',
  details: 'Rarely needed: a store flushes by itself, and what is in memory is in the log, too.',
  arguments: [],
  options: {},
  async run(context) {
    const store = await context.existingStore()
    await untilAborted(store.flush(), context.signal)
    await reportDone(context, '{"flushed":true}')
    return ExitCode.ok
  },
}
