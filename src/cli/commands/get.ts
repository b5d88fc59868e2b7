/** `get`: the value of a key. */
import type { CommandRow } from '../command.ts'
import { csvHeader, csvOfEntry } from '../entries/csv-entry.ts'
import { hexOf, jsonOfEntry, prettyValue } from '../entries/entry-printer.ts'
import { ExitCode } from '../exit-code.ts'
import type { Piece } from '../terminal/output.ts'

interface GetOptions {
  /** False after `--no-newline`. */
  readonly newline?: boolean
}

export const get: CommandRow<GetOptions> = {
  name: 'get',
  summary: 'print the value of a key',
  details: 'Exit code 3 when the key is absent. With -n the output is the value byte for byte.',
  arguments: [{ name: 'KEY', summary: 'the key', required: true, completes: 'key' }],
  options: {
    newline: { flags: '-n, --no-newline', summary: 'only the bytes of the value, nothing behind them' },
  },
  async run(context, [word = ''], { newline }) {
    const key = context.bytesOf(word)
    const store = await context.existingStore()
    const value = await store.get(key, { signal: context.signal })
    if (value === undefined) {
      if (context.format === 'pretty') context.talk.say(context.talk.colors.dim('(absent)'))
      return ExitCode.absent
    }
    await context.output.write(...pieces())
    return ExitCode.ok

    function pieces(): readonly Piece[] {
      const bytes = value as Uint8Array
      if (newline === false) return [bytes]
      switch (context.format) {
        case 'json':
          return [`${jsonOfEntry(key, bytes, 'both', false)}\n`]
        case 'csv':
          return [csvHeader, csvOfEntry(key, bytes)]
        case 'hex':
          return [`${hexOf(bytes)}\n`]
        case 'raw':
          return [bytes, '\n']
        case 'pretty':
          return [`${prettyValue(bytes, context.style.colors)}\n`]
      }
    }
  },
}
