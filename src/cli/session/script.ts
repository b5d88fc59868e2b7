/** Commands from a stdin that is no terminal: one a line, in order. */
import { UsageError } from '../cli-error.ts'
import { type InputLine, readLines } from '../entries/input-lines.ts'
import { ExitCode } from '../exit-code.ts'
import { runLine, type SessionParts } from './session-parts.ts'

/**
 * Empty lines and lines that start with # are passed over. A command that fails does not stop those after it; the
 * exit code is 1 at the end if any did. With `exitOnError` the first failure ends the run with its own exit code.
 * An absent key is an answer, not a failure.
 */
export async function runScript(parts: SessionParts, exitOnError: boolean): Promise<ExitCode> {
  const { host, interrupts, runner } = parts
  let hasFailed = false
  try {
    for await (const lines of readLines(host.stdin, interrupts.ending)) {
      for (const line of lines) {
        const code = await runScriptLine(parts, line)
        if (interrupts.exitCode !== undefined) return interrupts.exitCode
        if (isFailure(code)) hasFailed = true
        if (parts.isLeaving() || runner.isOutputClosed) return exitCode()
        if (isFailure(code) && exitOnError) return code
      }
    }
  } catch (error) {
    return runner.report(error)
  }
  return exitCode()

  function exitCode(): ExitCode {
    return hasFailed ? ExitCode.failed : ExitCode.ok
  }
}

function isFailure(code: ExitCode): boolean {
  return code !== ExitCode.ok && code !== ExitCode.absent
}

async function runScriptLine(parts: SessionParts, { number, text }: InputLine): Promise<ExitCode> {
  const place = `line ${number}`
  if (text === undefined) {
    return parts.runner.report(new UsageError('no UTF-8 text', 'Bytes are written as "\\xNN".'), place)
  }
  return /^\s*(?:#|$)/.test(text) ? ExitCode.ok : runLine(parts, text, place)
}
