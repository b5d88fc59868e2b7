/** How commands that return no data say that they are done. */
import type { CommandContext } from './command.ts'

/** One line of JSON for `--json`; a short word in a session on a terminal; silence in a pipe. */
export async function reportDone(context: CommandContext, json: string, words: string = 'ok'): Promise<void> {
  if (context.format === 'json') await context.output.write(`${json}\n`)
  else if (context.inSession && context.format === 'pretty') context.talk.say(context.talk.colors.dim(words))
}

/** Plain data as one line of JSON: keys and other bytes inside as text or base64. */
export function jsonOfData(data: unknown): string {
  return JSON.stringify(data, function (this: Record<string, unknown>, name: string, value: unknown) {
    // Buffer has a toJSON of its own, which has run by now; the holder still has the bytes.
    const original = this[name]
    return original instanceof Uint8Array ? textOrBase64(original) : value
  })
}

function textOrBase64(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = buffer.toString()
  return Buffer.from(text).equals(buffer) ? text : { base64: buffer.toString('base64') }
}
