/**
 * A process for the tests of the lock: `lock-probe DIRECTORY [with-gate|without-gate] [USER]`. Tries to take the
 * lock, prints one line of JSON about how that went, and stays for orders on its input: `verify`, `spawn` (a child
 * that outlives it), `worker` (a thread of it tries too), `release` (and end). The end of its input ends it.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { isMainThread, Worker } from 'node:worker_threads'
import { systemCodeOf } from '../../src/errors.ts'
import { lockDirectory } from '../../src/fs/directory-lock.ts'
import type { DirectoryLock } from '../../src/fs/file-system.ts'

const [directory = '', gate, user] = process.argv.slice(2)
// Root may write everywhere; what others may not is tested as somebody else.
if (user !== undefined) process.setuid?.(Number(user))

let lock: DirectoryLock | undefined
try {
  lock = await lockDirectory(directory, { withoutGate: gate === 'without-gate' })
  say({ isOwner: true })
} catch (error) {
  const { message, holder } = error as Error & { holder?: unknown }
  say({ isOwner: false, code: systemCodeOf(error), message, holder })
}

if (isMainThread) {
  const input = createInterface({ input: process.stdin })
  input.on('line', (line) => void obey(line))
  input.on('close', () => process.exit())
}

async function obey(order: string): Promise<void> {
  switch (order) {
    case 'verify':
      return lock?.verify().then(
        () => say({ isOurs: true }),
        (error: Error) => say({ isOurs: false, message: error.message }),
      )
    case 'spawn':
      return say({ childPid: spawn('sleep', ['600'], { stdio: 'ignore', detached: true }).pid })
    case 'worker':
      // The same program as a thread; what it prints comes out here.
      new Worker(new URL(import.meta.url), { argv: [directory] })
      return
    case 'release':
      await lock?.release()
      say({ released: true })
      process.exit()
  }
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
