/**
 * The lines of earlier sessions, in a file that only its owner may read. A line that starts with a space is not
 * kept. Each line is appended when it is typed, so that a crash loses none and two sessions lose none of each
 * other's.
 */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, posix, win32 } from 'node:path'
import type { Host } from '../host.ts'

export const historyLengthMax = 1_000

/** Where the history lies: the state folder of the XDG specification, or the local application data of Windows. */
export function historyPath({
  env,
  platform,
  homeDirectory,
}: Pick<Host, 'env' | 'platform' | 'homeDirectory'>): string {
  if (platform === 'win32') {
    return win32.join(env.LOCALAPPDATA || win32.join(homeDirectory, 'AppData', 'Local'), 'varve', 'history')
  }
  const state = env.XDG_STATE_HOME?.startsWith('/')
    ? env.XDG_STATE_HOME
    : posix.join(homeDirectory, '.local', 'state')
  return posix.join(state, 'varve', 'history')
}

export class History {
  readonly #path: string
  readonly #warn: (message: string) => void
  #last: string | undefined
  #hasFailed = false

  /** `warn` is told once if lines cannot be kept. */
  constructor(path: string, warn: (message: string) => void) {
    this.#path = path
    this.#warn = warn
  }

  /** The lines of earlier sessions, newest first. */
  load(): string[] {
    const lines = this.#read()
    const kept = lines.slice(-historyLengthMax)
    this.#last = kept.at(-1)
    this.#attempt(() => {
      if (lines.length > 2 * historyLengthMax)
        writeFileSync(this.#path, `${kept.join('\n')}\n`, { mode: 0o600 })
      if (lines.length > 0) chmodSync(this.#path, 0o600)
    })
    return kept.reverse()
  }

  /** Whether `line` is one to keep. */
  keeps(line: string): boolean {
    return line.trim() !== '' && !line.startsWith(' ')
  }

  /** Keeps `line`, unless it starts with a space or repeats the one before. */
  add(line: string): void {
    if (!this.keeps(line) || line === this.#last) return
    this.#last = line
    this.#attempt(() => {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
      appendFileSync(this.#path, `${line}\n`, { mode: 0o600 })
    })
  }

  #read(): string[] {
    try {
      return readFileSync(this.#path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    } catch {
      return []
    }
  }

  #attempt(write: () => void): void {
    if (this.#hasFailed) return
    try {
      write()
    } catch (error) {
      this.#hasFailed = true
      this.#warn(`the history cannot be kept: ${(error as Error).message}`)
    }
  }
}
