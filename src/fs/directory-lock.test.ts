import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lockDirectory } from './directory-lock.ts'
import { createLockRecord, type LockRecord } from './lock-file.ts'

const isLinux = process.platform === 'linux'

let programs = ''
let probePath = ''
beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'varve-lock-probe-'))
  probePath = join(programs, 'lock-probe.mjs')
  // Bundled, because a hundred processes that each compile TypeScript are slow, and threads cannot.
  const entryPoints = [
    fileURLToPath(new URL('../../test/support/lock-probe.ts', import.meta.url)),
    fileURLToPath(new URL('./directory-lock.ts', import.meta.url)),
  ]
  const outExtension = { '.js': '.mjs' }
  await build({
    entryPoints,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: programs,
    outExtension,
  })
  // Other users may run it too.
  await chmod(programs, 0o755)
})
afterAll(() => rm(programs, { recursive: true, force: true }))

let directory = ''
const probes: LockProbe[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'varve-lock-'))
})
afterEach(async () => {
  await Promise.all(probes.splice(0).map((probe) => probe.kill()))
  await chmod(directory, 0o700)
  await rm(directory, { recursive: true, force: true })
})

/** What a probe tells about itself. */
interface Answer {
  isOwner?: boolean
  isOurs?: boolean
  released?: boolean
  childPid?: number
  code?: string
  message?: string
  holder?: { pid?: number; host?: string; command?: string; since?: string }
}

/** A process of its own that takes the lock; see test/support/lock-probe.ts. */
class LockProbe {
  readonly #process: ChildProcess
  readonly #isContained: boolean
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<unknown>

  /** Runs inside `command`, when given: see {@link container}. */
  constructor(command: readonly string[] = [], probeArguments: readonly string[] = [directory]) {
    this.#isContained = command.length > 0
    const [program, ...rest] = [...command, process.execPath, probePath, ...probeArguments]
    this.#process = spawn(program!, rest, {
      stdio: ['pipe', 'pipe', this.#isContained ? 'ignore' : 'inherit'],
    })
    this.#ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]()
    probes.push(this)
  }

  get pid(): number {
    return this.#process.pid!
  }

  async answer(): Promise<Answer> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('the probe ended without an answer')
    return JSON.parse(value)
  }

  ask(question: 'verify' | 'release' | 'spawn' | 'worker'): Promise<Answer> {
    this.#process.stdin!.write(`${question}\n`)
    return this.answer()
  }

  async kill(): Promise<void> {
    // In a container the probe is a child of what we started, which ends when it has seen the child end.
    const inner = this.#isContained ? childrenOf(this.pid) : []
    for (const pid of inner) process.kill(pid, 'SIGKILL')
    if (inner.length === 0) this.#process.kill('SIGKILL')
    await this.#ended
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    return []
  }
}

async function placeStale(changes: Partial<LockRecord>): Promise<void> {
  const record = { ...createLockRecord('0123456789abcdef', false), ...changes }
  await writeFile(join(directory, 'LOCK'), JSON.stringify(record))
}

/** A pid that was used a moment ago and is not any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid
}

/** Runs a program in a pid and a network namespace of its own, as in a container. */
const container: readonly string[] = ['unshare', '--pid', '--net', '--fork', '--kill-child', '--mount-proc']
const canUnshare = isLinux && spawnSync(container[0]!, [...container.slice(1), 'true']).status === 0
if (!canUnshare) console.log('no containers for the tests of the lock: unshare is missing or not permitted')

describe('one owner', () => {
  async function race(command: readonly string[], gate: string): Promise<void> {
    for (const round of [1, 2, 3]) {
      const racers = Array.from({ length: 8 }, () => new LockProbe(command, [directory, gate]))
      const answers = await Promise.all(racers.map((racer) => racer.answer()))
      const owners = racers.filter((_, index) => answers[index]!.isOwner)
      expect(owners, `round ${round}: ${JSON.stringify(answers)}`).toHaveLength(1)
      expect(answers.filter((answer) => answer.code === 'STORE_LOCKED')).toHaveLength(7)
      expect(await owners[0]!.ask('verify')).toEqual({ isOurs: true })
      expect((await readdir(directory)).sort()).toEqual(['LOCK', 'lock.sock'])
      // Leaves a stale LOCK for the next round.
      await Promise.all(racers.map((racer) => racer.kill()))
    }
  }

  test('comes out of a race of eight processes, on clean and on stale folders', () => race([], 'with-gate'))

  test('comes out of a race without the gate, as on macOS', () => race([], 'without-gate'))

  test.runIf(canUnshare)('comes out of a race of eight containers', () => race(container, 'with-gate'))

  test('comes out of every race, however the steps of the racers interleave', async () => {
    const pid = deadPid()
    for (let round = 0; round < 200; round++) {
      if (round % 2 === 1) await placeStale({ pid })
      const racers = Array.from({ length: 8 }, async (_, index) => {
        for (let turn = 0; turn < (index * round) % 7; turn++)
          await new Promise((resolve) => setImmediate(resolve))
        return lockDirectory(directory, { withoutGate: true })
      })
      const results = await Promise.allSettled(racers)
      const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      expect(locks, `round ${round}`).toHaveLength(1)
      locks[0]!.verifySync()
      await locks[0]!.release()
      expect(await readdir(directory)).toEqual([])
    }
  })

  test('is named to others: process, host, command and since when', async () => {
    const owner = new LockProbe()
    expect(await owner.answer()).toEqual({ isOwner: true })
    const refused = await lockDirectory(directory).catch((error) => error)
    expect(refused).toMatchObject({
      code: 'STORE_LOCKED',
      holder: { pid: owner.pid, command: expect.stringContaining('lock-probe'), since: expect.any(String) },
    })
    expect(refused.message).toContain(`process ${owner.pid} on host '${refused.holder.host}'`)
    expect(refused.message).toContain(refused.holder.since)
    expect(refused.message).toContain('lock-probe')
  })

  test('is this process, when it is', async () => {
    const lock = await lockDirectory(directory)
    const refused = await lockDirectory(directory).catch((error) => error)
    expect(refused).toMatchObject({ code: 'STORE_LOCKED', holder: { pid: process.pid } })
    expect(refused.message).toContain('in this process')
    await lock.release()
  })

  test('lets go for others when it releases, and leaves no files', async () => {
    const owner = new LockProbe()
    await owner.answer()
    expect((await readdir(directory)).sort()).toEqual(isLinux ? ['LOCK', 'lock.sock'] : ['LOCK'])
    expect(await owner.ask('release')).toEqual({ released: true })
    expect(await readdir(directory)).toEqual([])
    const lock = await lockDirectory(directory)
    await lock.release()
  })

  test('that is killed has let go', async () => {
    const owner = new LockProbe()
    await owner.answer()
    await owner.kill()
    expect(await readdir(directory)).toContain('LOCK')
    const lock = await lockDirectory(directory)
    await lock.verify()
    await lock.release()
    expect(await readdir(directory)).toEqual([])
  })

  test('does not keep its process alive', async () => {
    const program = `
      import { lockDirectory } from ${JSON.stringify(pathToFileURL(join(programs, 'directory-lock.mjs')).href)}
      const lock = await lockDirectory(${JSON.stringify(directory)})
      await lock.verify()
    `
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 30_000 })
    expect(ended.stderr.toString()).toBe('')
    expect(ended.status).toBe(0)
    expect(await readdir(directory)).toContain('LOCK')
    await (await lockDirectory(directory)).release()
  })

  test('finds out that its lock was taken over', async () => {
    const lock = await lockDirectory(directory)
    await placeStale({ token: 'fedcba9876543210', pid: 1, host: 'thief' })
    await expect(lock.verify()).rejects.toThrow("process 1 on host 'thief'")
    expect(() => lock.verifySync()).toThrow("process 1 on host 'thief'")
    await lock.release()
    expect(await readFile(join(directory, 'LOCK'), 'utf8')).toContain('thief')
  })

  test('finds out that LOCK was removed', async () => {
    const lock = await lockDirectory(directory)
    await unlink(join(directory, 'LOCK'))
    await expect(lock.verify()).rejects.toMatchObject({ code: 'STORE_LOCKED', holder: {} })
    await lock.release()
  })

  test('is found by its socket, even when LOCK was removed', async () => {
    const owner = await lockDirectory(directory)
    await unlink(join(directory, 'LOCK'))
    await expect(lockDirectory(directory, { withoutGate: true })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    })
    await owner.release()
  })

  test.runIf(isLinux)('is found through a path that is too long for a socket', async () => {
    const long = join(directory, 'x'.repeat(100), 'y'.repeat(100))
    await mkdir(long, { recursive: true })
    const lock = await lockDirectory(long, { withoutGate: true })
    expect((await readdir(long)).sort()).toEqual(['LOCK', 'lock.sock'])
    await expect(lockDirectory(long, { withoutGate: true })).rejects.toThrow('in this process')
    await lock.release()
    expect(await readdir(long)).toEqual([])
  })

  test.runIf(isLinux)('is found through another path to the same folder', async () => {
    const lock = await lockDirectory(directory)
    await expect(lockDirectory(join(directory, '.'))).rejects.toThrow('in this process')
    await expect(lockDirectory(`/proc/self/root${directory}`)).rejects.toThrow('in this process')
    await lock.release()
  })

  test.runIf(canUnshare)('is found in another container, by its socket', async () => {
    const owner = new LockProbe(container)
    expect(await owner.answer()).toEqual({ isOwner: true })
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    const neighbour = new LockProbe(container)
    expect(await neighbour.answer()).toMatchObject({ isOwner: false, code: 'STORE_LOCKED' })
    expect(await owner.ask('verify')).toEqual({ isOurs: true })
    await owner.kill()
    const next = new LockProbe(container)
    expect(await next.answer()).toEqual({ isOwner: true })
  })

  test('is found by a worker thread of its own process', async () => {
    const owner = new LockProbe()
    await owner.answer()
    const refused = await owner.ask('worker')
    expect(refused).toMatchObject({ isOwner: false, code: 'STORE_LOCKED', holder: { pid: owner.pid } })
    expect(refused.message).toContain('in this process')
  })

  test.runIf(isLinux)('keeps the folder while its process stands still', async () => {
    const owner = new LockProbe()
    await owner.answer()
    process.kill(owner.pid, 'SIGSTOP')
    await expect(lockDirectory(directory)).rejects.toMatchObject({ holder: { pid: owner.pid } })
    await expect(lockDirectory(directory, { withoutGate: true })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    })
  })

  test.runIf(isLinux)('does not pass its lock on to children that outlive it', async () => {
    const owner = new LockProbe()
    await owner.answer()
    const { childPid } = await owner.ask('spawn')
    await owner.kill()
    const lock = await lockDirectory(directory)
    await lock.release()
    // Lived all the while.
    process.kill(childPid!, 'SIGKILL')
  })
})

describe('a LOCK without sockets', () => {
  test('of a dead process is taken over', async () => {
    await placeStale({ pid: deadPid() })
    const lock = await lockDirectory(directory)
    await lock.release()
    expect(await readdir(directory)).toEqual([])
  })

  test('of a process that lives keeps the folder locked', async () => {
    await placeStale({})
    await expect(lockDirectory(directory)).rejects.toMatchObject({ holder: { pid: process.pid } })
  })

  test.runIf(isLinux)('of a process whose pid now belongs to another is taken over', async () => {
    await placeStale({ startTime: '1' })
    await (await lockDirectory(directory)).release()
  })

  test('of another boot or container is for people to decide', async () => {
    for (const changes of [{ bootId: 'another' }, { pidNamespace: 'another' }]) {
      await placeStale({ ...changes, pid: deadPid(), host: 'elsewhere' })
      const refused = await lockDirectory(directory).catch((error) => error)
      expect(refused).toMatchObject({ code: 'STORE_LOCKED', holder: { host: 'elsewhere' } })
      expect(refused.message).toContain(`remove '${join(directory, 'LOCK')}' and open again`)
      // That way out works.
      await unlink(join(directory, 'LOCK'))
      await (await lockDirectory(directory)).release()
    }
  })

  test('that cannot be read is for people to decide', async () => {
    for (const text of ['garbage', '{"pid":"x"}', '\0{']) {
      await writeFile(join(directory, 'LOCK'), text)
      await expect(lockDirectory(directory)).rejects.toThrow('no readable record')
    }
  })

  test('that power loss left empty, or full of zeros, is inherited', async () => {
    for (const text of ['', '\0'.repeat(245)]) {
      await writeFile(join(directory, 'LOCK'), text)
      await (await lockDirectory(directory)).release()
      expect(await readdir(directory)).toEqual([])
    }
  })
})

describe('a folder', () => {
  test('in which we may not write gives the error of the system, and stays as it was', async (context) => {
    if (!isLinux || process.getuid?.() !== 0) return context.skip('needs to be root, to become somebody else')
    await chmod(directory, 0o755)
    const probe = new LockProbe([], [directory, 'with-gate', '65534'])
    expect(await probe.answer()).toMatchObject({ isOwner: false, code: 'EACCES' })
    expect(await readdir(directory)).toEqual([])
    // Its gate is free again.
    await (await lockDirectory(directory)).release()
  })

  test('that was moved keeps its lock for the kernel, and loses it for its owner', async () => {
    const first = join(directory, 'first')
    const second = join(directory, 'second')
    await mkdir(first)
    const lock = await lockDirectory(first)
    await rename(first, second)
    await expect(lockDirectory(second)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await expect(lock.verify()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await lock.release()
  })
})
