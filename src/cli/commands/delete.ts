/** `delete`: removes a key. */
import type { CommandRow } from '../command.ts'
import { jsonOfKey } from '../entries/json-entry.ts'
import { ExitCode } from '../exit-code.ts'
import { reportDone } from '../report.ts'

export const deleteCommand: CommandRow = {
  name: 'delete',
  summary: 'remove a key; fine when it is absent',
  arguments: [{ name: 'KEY', summary: 'the key', required: true, completes: 'key' }],
  options: {},
  async run(context, [word = '']) {
    const key = context.bytesOf(word)
    const store = await context.existingStore()
    await store.delete(key, { signal: context.signal })
    await reportDone(context, `{"key":${jsonOfKey(key)},"deleted":true}`)
    return ExitCode.ok
  },
}
