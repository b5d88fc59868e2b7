/** What a session works with, typed or read: how a line becomes a command. */
import type { CommandRow } from '../command.ts'
import type { CommandLine } from '../command-line.ts'
import type { CommandRunner } from '../command-runner.ts'
import { ExitCode } from '../exit-code.ts'
import type { Host } from '../host.ts'
import type { Interrupts } from '../interrupts.ts'
import type { StoreHandle } from '../store-handle.ts'
import type { Talk } from '../terminal/talk.ts'
import { splitLine } from './line-words.ts'

export interface SessionParts {
  readonly host: Host
  readonly talk: Talk
  readonly store: StoreHandle
  readonly interrupts: Interrupts
  readonly commands: readonly CommandRow[]
  readonly commandLine: CommandLine
  readonly runner: CommandRunner
  /** Whether `exit` was run. */
  isLeaving(): boolean
}

/** Runs one line. Never rejects. `place` says where the line stood, for the errors. */
export async function runLine(parts: SessionParts, line: string, place?: string): Promise<ExitCode> {
  const { commandLine, runner, host } = parts
  try {
    const words = splitLine(line)
    if (words.length === 0) return ExitCode.ok
    const invocation = commandLine.parse(words)
    if (invocation.kind === 'command') return await runner.run(invocation, place)
    if (invocation.kind === 'text') host.stdout.write(invocation.text)
    return ExitCode.ok
  } catch (error) {
    return runner.report(error, place)
  }
}
