/** `put`: sets a key. */

import { valueLengthMax } from '../../entry/entry.ts'
import { UsageError } from '../cli-error.ts'
import type { CommandRow } from '../command.ts'
import { readAll } from '../entries/input-lines.ts'
import { jsonOfKey } from '../entries/json-entry.ts'
import { ExitCode } from '../exit-code.ts'
import { reportDone } from '../report.ts'

interface PutOptions {
  readonly stdin?: boolean
}

export const put: CommandRow<PutOptions> = {
  name: 'put',
  summary: 'set a key to a value',
  details: `Makes the store when there is none. With -x the value is everything that stdin gives, byte for byte.

  varve put greeting 'hello world'
  varve put logo -x < logo.png`,
  arguments: [
    { name: 'KEY', summary: 'the key', required: true, completes: 'key' },
    { name: 'VALUE', summary: 'the value, unless -x reads it', required: false },
  ],
  options: {
    stdin: { flags: '-x, --stdin', summary: 'read the value from stdin' },
  },
  async run(context, [key = '', value], { stdin }) {
    if (stdin !== true && value === undefined) {
      throw new UsageError('VALUE is missing', 'Give it, or have it read from stdin with -x.')
    }
    if (stdin === true && value !== undefined) throw new UsageError('there are two values: VALUE and -x')
    if (stdin === true && context.inSession) {
      throw new UsageError(
        '-x reads stdin, which carries the commands here',
        "Use it as 'varve put KEY -x < FILE'.",
      )
    }
    const keyBytes = context.bytesOf(key)
    const valueBytes =
      value === undefined
        ? await readAll(context.host.stdin, context.signal, valueLengthMax)
        : context.bytesOf(value)
    const store = await context.createdStore()
    await store.put(keyBytes, valueBytes, { signal: context.signal })
    await reportDone(context, `{"key":${jsonOfKey(keyBytes)},"stored":true}`)
    return ExitCode.ok
  },
}
