/** Runs the built tool as a process of its own. `npm test` builds it first. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const varvePath: string = fileURLToPath(new URL('../../dist/cli/varve.js', import.meta.url))

export interface ProcessOptions {
  readonly cwd: string
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

function environment({ cwd, env }: ProcessOptions): NodeJS.ProcessEnv {
  const { VARVE_STORE: _store, NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env
  return { ...inherited, XDG_STATE_HOME: cwd, ...env }
}

/** Runs it to its end; `path` is where the tool lies. */
export function runVarve(args: readonly string[], options: ProcessOptions, path: string = varvePath): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    cwd: options.cwd,
    env: environment(options),
    input: options.input ?? '',
    maxBuffer: 64 * 1024 * 1024,
  })
  return { code: status, signal, out: stdout.toString(), err: stderr.toString() }
}

/** A running process that a test writes to and waits for. */
export class RunningVarve {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  #out = ''
  #err = ''
  #seen = 0
  #waiting: (() => void) | undefined

  constructor(program: string, args: readonly string[], options: ProcessOptions) {
    this.child = spawn(program, args, { cwd: options.cwd, env: environment(options), stdio: 'pipe' })
    this.child.stdin?.on('error', () => {})
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#out += chunk.toString()
      this.#waiting?.()
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#err += chunk.toString()
    })
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, out: this.#out, err: this.#err })
        this.#waiting?.()
      })
    })
  }

  /** Starts the tool with `args`. */
  static start(args: readonly string[], options: ProcessOptions): RunningVarve {
    return new RunningVarve(process.execPath, [varvePath, ...args], options)
  }

  write(text: string): void {
    this.child.stdin?.write(text)
  }

  /** Resolves when `text` was printed behind what was waited for before. */
  async shows(text: string): Promise<void> {
    for (;;) {
      const found = this.#out.indexOf(text, this.#seen)
      if (found !== -1) {
        this.#seen = found + text.length
        return
      }
      if (this.child.exitCode !== null)
        throw new Error(`ended without showing ${text}: ${this.#out}${this.#err}`)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }
}
