/**
 * Signals and Ctrl-C into aborted commands. The first stops the running command, which then tidies up; a second
 * while it does ends the process at once (what is stored stays whole: the store survives that by design).
 */
import { InterruptedError } from './cli-error.ts'
import { ExitCode } from './exit-code.ts'
import type { Host, SignalName } from './host.ts'

const exitCodes: Readonly<Record<SignalName, ExitCode>> = {
  SIGHUP: ExitCode.hangUp,
  SIGINT: ExitCode.interrupted,
  SIGTERM: ExitCode.terminated,
}

export class Interrupts {
  readonly #host: Host
  readonly #ending = new AbortController()
  readonly #stopListening: () => void
  #running: AbortController | undefined
  /** Whether Ctrl-C ends only the running command, as in a session on a terminal. */
  sparesSession = false

  constructor(host: Host) {
    this.#host = host
    this.#stopListening = host.onSignal((signal) => this.#onSignal(signal))
  }

  /** Aborted when everything should end; the reason is an `InterruptedError`. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  /** The exit code if everything should end. */
  get exitCode(): ExitCode | undefined {
    return this.#ending.signal.aborted ? (this.#ending.signal.reason as InterruptedError).exitCode : undefined
  }

  /** A command begins; the signal is aborted when it should stop. */
  begin(): AbortSignal {
    this.#running = new AbortController()
    if (this.#ending.signal.aborted) this.#running.abort(this.#ending.signal.reason)
    return this.#running.signal
  }

  end(): void {
    this.#running = undefined
  }

  stopListening(): void {
    this.#stopListening()
  }

  #onSignal(signal: SignalName): void {
    const code = exitCodes[signal]
    const isSecond = this.#running?.signal.aborted ?? this.#ending.signal.aborted
    if (isSecond) {
      this.#host.exit(code)
      return
    }
    const reason = new InterruptedError(code)
    this.#running?.abort(reason)
    if (signal !== 'SIGINT' || !this.sparesSession) this.#ending.abort(reason)
  }
}

/** What `work` gives, unless `signal` is aborted before: then its reason, while the work goes on unobserved. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
