import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { identifyThisProcess, judgeProcess, type ProcessIdentity } from './process-identity.ts'

const isLinux = process.platform === 'linux'
const self = identifyThisProcess()
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function other(changes: Partial<ProcessIdentity>): ProcessIdentity {
  return { ...self, ...changes }
}

test('a process is alive to itself', () => {
  expect(judgeProcess(self, self)).toBe('alive')
})

test('a process that ended is dead', () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  expect(judgeProcess(other({ pid }), self)).toBe('dead')
})

test.runIf(isLinux)('a process that was killed is dead though its parent did not look after it', async () => {
  // The shell becomes a program that never waits for the child it has.
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(parent)
  const [line] = (await once(parent.stdout!, 'data')) as [Buffer]
  const pid = Number(line.toString())
  expect(judgeProcess(other({ pid, startTime: undefined }), self)).toBe('alive')
  process.kill(pid, 'SIGKILL')
  // Its end is not told to us; the pid stays taken all the while.
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await new Promise(setImmediate)
  expect(judgeProcess(other({ pid, startTime: readStartTime(pid) }), self)).toBe('dead')
})

test.runIf(isLinux)('another process with the same pid is not the one that was', () => {
  expect(judgeProcess(other({ startTime: '1' }), self)).toBe('dead')
})

test('a pid means nothing in another namespace or boot, or where these are not known', () => {
  for (const unknown of [
    { pidNamespace: 'another' },
    { bootId: 'another' },
    { pidNamespace: undefined },
    { bootId: undefined },
  ]) {
    expect(judgeProcess(other(unknown), self)).toBe('unknown')
    expect(judgeProcess(other({ ...unknown, pid: 4_194_303 }), self)).toBe('unknown')
  }
  expect(judgeProcess(other({ bootId: undefined }), { ...self, bootId: undefined })).toBe('unknown')
})

test.runIf(isLinux)(
  'the start time is read right though the name of the program has spaces and parentheses',
  () => {
    expect(self.startTime).toMatch(/^\d+$/)
    const before = process.title
    process.title = 'a ) S 1 ( b'
    try {
      expect(identifyThisProcess().startTime).toBe(self.startTime)
    } finally {
      process.title = before
    }
  },
)

function readStartTime(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19]
}
