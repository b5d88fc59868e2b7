/** Structured logs, one JSON object a line on stderr, for `--log-level`. */
import { pino } from 'pino'
import { type Logger, silentLogger } from '../store/store-events.ts'
import type { LogLevel } from './global-options.ts'
import type { OutputStream } from './host.ts'

/** Writes at once, in the order of what happens; no threads, no transports. */
export function createLogger(level: LogLevel, stream: OutputStream): Logger {
  if (level === 'silent') return silentLogger
  const serializers = { error: pino.stdSerializers.err, err: pino.stdSerializers.err }
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers }
  return pino(options, { write: (line: string) => void stream.write(line) })
}
