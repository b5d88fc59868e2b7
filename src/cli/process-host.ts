/** The host of a real process: its streams, environment, signals and programs. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { systemCodeOf } from '../errors.ts'
import { systemClock } from '../time/clock.ts'
import type { Host, PagerProcess, SignalName } from './host.ts'
import { openLevelDatabase } from './level-database.ts'

/** What the process cannot know by itself. */
export type HostParts = Pick<Host, 'version' | 'openStore' | 'inspectFile' | 'repair'>

export function createProcessHost(parts: HostParts): Host {
  return {
    ...parts,
    // A getter, because touching stdin opens it, and most commands never do.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    platform: process.platform,
    homeDirectory: homedir(),
    clock: systemClock,
    storeExists,
    openLevel: (path) => openLevelDatabase(path, process.cwd()),
    startPager,
    onSignal,
    exit: (code) => process.exit(code),
  }
}

/** Where it cannot be found out, opening the store will say why. */
async function storeExists(path: string): Promise<boolean> {
  try {
    await access(join(path, 'CURRENT'))
    return true
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')
  }
}

function startPager(command: string): Promise<PagerProcess | undefined> {
  // The shell would start, find no pager and end, and the output with it.
  if (!isOnPath(command.split(/\s/)[0] ?? '')) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'] })
    const ended = new Promise<void>((done) => {
      child.once('close', () => done())
    })
    // Leaving the pager early is no error: writing then fails, which is where it is noticed.
    child.stdin.on('error', () => {})
    child.once('error', () => resolve(undefined))
    child.once('spawn', () => resolve({ input: child.stdin, ended }))
  })
}

function isOnPath(program: string): boolean {
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat', '.com'] : ['']
  const folders = program.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter)
  return folders.some((folder) => endings.some((ending) => existsSync(join(folder, program + ending))))
}

function onSignal(listener: (signal: SignalName) => void): () => void {
  const signals: readonly SignalName[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
