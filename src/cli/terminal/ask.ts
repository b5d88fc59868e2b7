/** One question on a terminal, outside of a session. */
import { createInterface } from 'node:readline'
import type { Host } from '../host.ts'

/**
 * The line that the user answers, empty at the end of input; `undefined` when nobody can be asked. Rejects with the
 * signal's reason.
 */
export function askOnTerminal(
  host: Host,
  question: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { stdin, stderr } = host
  if (stdin.isTTY !== true || stderr.isTTY !== true) return Promise.resolve(undefined)
  // Not as a terminal: the line stays as the terminal edits it, and Ctrl-C stays a signal.
  const reader = createInterface({ input: stdin, terminal: false })
  return new Promise<string>((resolve, reject) => {
    stderr.write(question)
    reader.once('line', resolve)
    reader.once('close', () => resolve(''))
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  }).finally(() => reader.close())
}
