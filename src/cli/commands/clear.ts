/** `clear`: removes all keys, or those of a range, after asking. */

import { UsageError } from '../cli-error.ts'
import type { CommandContext, CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { isWholeRange, type RangeFlags, rangeOf, rangeOptions } from '../range-options.ts'
import { reportDone } from '../report.ts'

interface ClearOptions extends RangeFlags {
  readonly yes?: boolean
}

export const clear: CommandRow<ClearOptions> = {
  name: 'clear',
  summary: 'remove all keys, or those of a range',
  details: 'Asks before it removes anything; where nobody can be asked, --yes must be said.',
  arguments: [],
  options: {
    ...rangeOptions,
    yes: { flags: '-y, --yes', summary: 'do not ask' },
  },
  async run(context, _args, options) {
    const range = rangeOf(context, options)
    const store = await context.existingStore()
    if (options.yes !== true && !(await isConfirmed(context, options))) {
      context.talk.say('nothing was removed')
      return ExitCode.failed
    }
    await store.clear(range)
    await reportDone(context, '{"cleared":true}')
    return ExitCode.ok
  },
}

async function isConfirmed(context: CommandContext, options: ClearOptions): Promise<boolean> {
  const what = isWholeRange(options) ? 'all keys' : 'the keys of this range'
  const answer = await context.ask(`Remove ${what} from ${context.storePath}? [y/N] `)
  if (answer === undefined) {
    throw new UsageError(
      `clear would remove ${what} and nobody can be asked here`,
      'Say --yes if that is wanted.',
    )
  }
  return /^y(?:es)?$/i.test(answer.trim())
}
