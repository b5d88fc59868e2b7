/** `count`: how many keys there are. */
import type { CommandRow } from '../command.ts'
import { keyPortions } from '../entries/entry-batches.ts'
import { ExitCode } from '../exit-code.ts'
import { type RangeFlags, rangeOf, rangeOptions } from '../range-options.ts'

export const count: CommandRow<RangeFlags> = {
  name: 'count',
  summary: 'print how many keys there are',
  details: 'Counts by walking over the keys, so that the number is exact.',
  arguments: [],
  options: rangeOptions,
  async run(context, _args, options) {
    const range = rangeOf(context, options)
    const store = await context.existingStore()
    let total = 0
    for await (const keys of keyPortions(store, range)) total += keys.length
    await context.output.write(context.format === 'json' ? `{"count":${total}}\n` : `${total}\n`)
    return ExitCode.ok
  },
}
