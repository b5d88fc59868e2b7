import { PassThrough, Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { CLI } from '../../src/cli/cli.ts'
import { CorruptionError, LockedError, StorageError } from '../../src/errors.ts'
import { InvariantError } from '../../src/invariant.ts'
import { Desk } from './cli-in-process.ts'

describe('wrong use', () => {
  test.each([
    [['gte', 'a'], "error: unknown command 'gte'; did you mean get?\n'varve help' lists the commands.\n"],
    [['scan', '--limt', '5'], "error: unknown option '--limt'; did you mean --limit?\n"],
    [['get'], "error: missing required argument 'KEY'\nSee 'varve help get'.\n"],
    [['get', 'a', 'b'], "error: too many arguments for 'get'. Expected 1 argument but got 2.\n"],
    [['scan', '--limit'], "error: option '--limit COUNT' argument missing\n"],
    [['--durability', 'ram', 'put', 'a', 'b'], 'must be one of memory, os, disk, not "ram"'],
    [['--store', '', 'put', 'a', 'b'], 'must be the name of a folder'],
    [['exit'], "error: unknown command 'exit'"],
    [['help', 'gett'], "error: unknown command 'gett'; did you mean get?"],
    [
      ['completion', 'tcsh'],
      'error: there is no script for tcsh\nThere is one for bash, zsh, fish, powershell.\n',
    ],
  ])('%j', async (words, message) => {
    const desk = new Desk()
    const run = await desk.run(words)
    expect(run).toMatchObject({ code: 2, out: '' })
    expect(run.err).toContain(message)
    expect(desk.openedWith).toEqual([])
  })
})

describe('a store that is not there', () => {
  test.each([
    ['get', 'a'],
    ['scan'],
    ['count'],
    ['export'],
    ['status'],
    ['levels'],
    ['check'],
    ['flush'],
    ['compact'],
    ['clear', '--yes'],
    ['delete', 'a'],
  ])('%s fails and makes none', async (...words) => {
    const desk = new Desk()
    const run = await desk.run(['--store', '/somewhere', ...words])
    expect(run).toMatchObject({ code: 1, out: '' })
    expect(run.err).toContain('error: there is no store in /somewhere\n')
    expect(desk.openedWith).toEqual([])
  })
})

test('--store beats VARVE_STORE, which beats varve-data', async () => {
  const desk = new Desk()
  await desk.run(['put', 'a', '1', '--store', 'by-flag'], { env: { VARVE_STORE: 'by-env' } })
  await desk.run(['put', 'a', '1'], { env: { VARVE_STORE: 'by-env' } })
  await desk.run(['put', 'a', '1'], { env: { VARVE_STORE: '' } })
  expect([...desk.stores.keys()]).toEqual(['by-flag', 'by-env', 'varve-data'])
})

test('--durability reaches the store', async () => {
  const desk = new Desk()
  await desk.run(['put', 'a', '1', '--durability', 'disk'])
  await desk.run(['put', 'a', '1'])
  expect(desk.openedWith.map((options) => options.durability)).toEqual(['disk', undefined])
})

describe("the store's errors", () => {
  const errOf = async (error: Error, ...words: string[]): Promise<string> => {
    const desk = new Desk()
    desk.openError = error
    const run = await desk.run(words.length === 0 ? ['get', 'a'] : words)
    expect(run).toMatchObject({ code: 1, out: '' })
    return run.err
  }

  test('say what, why and what next, without a stack trace', async () => {
    const locked = await errOf(new LockedError('the store is open in process 7 (node app.js)', { pid: 7 }))
    expect(locked).toBe(
      'error: the store is open in process 7 (node app.js)\nAnother store is named with --store DIR.\n',
    )
    const cause = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    expect(await errOf(new StorageError('cannot read CURRENT', { cause }))).toMatch(
      /^error: cannot read CURRENT: EIO: i\/o error, read\nCheck the disk/,
    )
    expect(await errOf(new CorruptionError('bad checksum', 'x/000001.seg', 9))).toContain("'varve check'")
  })

  test('our own bugs are called that', async () => {
    expect(await errOf(new InvariantError('no such thing'))).toMatch(
      /^error: bug in varve: no such thing\nPlease report/,
    )
    expect(await errOf(new TypeError('x is undefined'))).toMatch(/^error: bug in varve: x is undefined\n/)
  })

  test('--log-level debug shows where', async () => {
    const err = await errOf(new TypeError('x is undefined'), 'get', 'a', '--log-level', 'debug')
    const log = err.split('\n').find((line) => line.startsWith('{')) ?? ''
    expect(JSON.parse(log)).toMatchObject({
      level: 20,
      error: { type: 'TypeError' },
      msg: 'the command failed',
    })
    expect(JSON.parse(log).error.stack).toContain('errors.test.ts')
  })

  test('check reports a store that cannot be opened as damaged', async () => {
    const desk = new Desk()
    desk.openError = new CorruptionError('bad checksum', 'x/CURRENT', 0)
    const run = await desk.run(['check', '--json'])
    expect(run.code).toBe(1)
    expect(JSON.parse(run.out)).toMatchObject({ ok: false, problems: [{ path: 'x/CURRENT', offset: 0 }] })
  })
})

test('what messages quote cannot steer the terminal', async () => {
  const desk = new Desk()
  const run = await desk.run(['import'], { stdin: '\u001b[2J\u202e' })
  expect(run.err).toContain('\\u{1b}')
  for (const char of ['\u001b', '\u202e']) expect(run.err).not.toContain(char)
  expect((await desk.run(['\u001b[31mget'])).err).not.toContain('\u001b')
})

test('more from stdin than a value may have is refused', async () => {
  const desk = new Desk()
  const run = await desk.run(['put', 'k', '-x'], { stdin: Buffer.alloc(64 * 1024 * 1024 + 1) })
  expect(run.err).toBe('error: stdin gives more than 64.0 MiB, the most for a value\n')
  expect(desk.stores.size).toBe(0)
})

describe('output', () => {
  async function runInto(failure: NodeJS.ErrnoException): Promise<{ code: number; err: string }> {
    const desk = new Desk()
    await desk.store().put(Buffer.from('a'), Buffer.from('1'))
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(failure) })
    const stderr = new PassThrough()
    const code = await new CLI(desk.host(new PassThrough(), stdout, stderr, {})).run(['scan'])
    return { code, err: String(stderr.read() ?? '') }
  }

  test('a reader that has gone ends the command quietly', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    expect(await runInto(gone)).toEqual({ code: 0, err: '' })
  })

  test('any other failure is told', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    expect(await runInto(full)).toEqual({
      code: 1,
      err: 'error: cannot write the output: ENOSPC: no space left on device, write\n',
    })
  })
})

describe('signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s stops the command and closes the store', async (signal, code) => {
    const desk = new Desk()
    const store = desk.store()
    store.check = () => {
      desk.signal(signal)
      return new Promise(() => {})
    }
    expect(await desk.run(['check'])).toMatchObject({ code, err: 'interrupted\n' })
    expect(store.calls).toEqual(['close'])
    expect(desk.exits).toEqual([])
  })

  test('a second Ctrl-C ends the process at once', async () => {
    const desk = new Desk()
    desk.store().check = () => {
      desk.signal('SIGINT')
      desk.signal('SIGINT')
      return new Promise(() => {})
    }
    await desk.run(['check'])
    expect(desk.exits).toEqual([130])
  })
})

test('streams that break later than their writes harm nobody', async () => {
  const desk = new Desk()
  await desk.store().put(Buffer.from('a'), Buffer.from('1'))
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  const broken = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done(gone) })
  const stdout = broken()
  const stderr = broken()
  await new CLI(desk.host(new PassThrough(), stdout, stderr, {})).run(['scan'])
  await new CLI(desk.host(new PassThrough(), stdout, stderr, {})).run(['bogus'])
  // An 'error' event that nobody listens to would have been thrown on one of the ticks since.
  await new Promise((resolve) => setImmediate(resolve))
  expect([stdout.errored, stderr.errored]).toEqual([gone, gone])
})
