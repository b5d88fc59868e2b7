/** Colours and width of a stream: decided once from flags, environment and what the stream is. */
import { createColors } from 'picocolors'
import type { OutputStream } from '../host.ts'

export type Colors = ReturnType<typeof createColors>

export interface TextStyle {
  readonly colors: Colors
  /** Columns that a line may take. */
  readonly width: number
  /** Whether characters beyond ASCII may be drawn with. */
  readonly isTerminal: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** `color` is what `--color` or `--no-color` said. Flags beat `NO_COLOR`, which beats `FORCE_COLOR`. */
export function styleOf(stream: OutputStream, env: Environment, color: boolean | undefined): TextStyle {
  return {
    colors: createColors(color ?? wantsColor(stream, env)),
    width: stream.columns || 80,
    isTerminal: stream.isTTY === true,
  }
}

function wantsColor(stream: OutputStream, env: Environment): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return stream.isTTY === true && env.TERM !== 'dumb'
}
