/**
 * A process for the tests of the lock: `node --import tsx lock-probe.ts DIRECTORY [without-gate]`. Tries to take
 * the lock, prints one line of JSON about how that went, and then stays: `release` on its input makes it let go
 * and end, the end of its input makes it end without letting go.
 */
import { createInterface } from 'node:readline'
import { systemCodeOf } from '../../src/errors.ts'
import { lockDirectory } from '../../src/fs/directory-lock.ts'

const [directory = '', gate, user] = process.argv.slice(2)
// Root may write everywhere; what others may not is tested as somebody else.
if (user !== undefined) process.setuid?.(Number(user))
const input = createInterface({ input: process.stdin })

try {
  const lock = await lockDirectory(directory, { withoutGate: gate === 'without-gate' })
  say({ isOwner: true })
  input.on('line', async (line) => {
    if (line === 'verify') {
      say(
        await lock.verify().then(
          () => ({ isOurs: true }),
          (error) => ({ isOurs: false, message: String(error) }),
        ),
      )
    }
    if (line === 'release') {
      await lock.release()
      say({ released: true })
      process.exit()
    }
  })
} catch (error) {
  const { message, holder } = error as Error & { holder?: unknown }
  say({ isOwner: false, code: systemCodeOf(error), message, holder })
}
input.on('close', () => process.exit())

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
