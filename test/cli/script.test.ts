import { describe, expect, test } from 'vitest'
import { Desk } from './cli-in-process.ts'

describe('commands from stdin', () => {
  test('run in order, one a line, with quotes, comments and empty lines', async () => {
    const desk = new Desk()
    const stdin = '# sample\nput a 1\r\n\n  put "b c" \'2 3\'\nput "\\xff" x\nscan --json\nget a'
    expect(await desk.run([], { stdin })).toEqual({
      code: 0,
      out: '{"key":"a","value":1}\n{"key":"b c","value":"2 3"}\n{"key":{"base64":"/w=="},"value":"x"}\n1\n',
      outBytes: expect.anything(),
      err: '',
    })
    expect(desk.openedWith).toHaveLength(1)
    expect(desk.store().calls).toEqual(['close'])
  })

  test('an error is told with its line; the rest runs, and the exit code is 1', async () => {
    const desk = new Desk()
    const run = await desk.run([], { stdin: 'put a 1\nputt b 2\nput "c\nput d 4\n' })
    expect(run.code).toBe(1)
    expect(run.err).toContain(
      "error: line 2: unknown command 'putt'; did you mean put?\n'help' lists the commands.\n",
    )
    expect(run.err).toContain('error: line 3: the quote at character 5 is not closed')
    expect((await desk.run(['scan', '--keys'])).out).toBe('a\nd\n')
  })

  test('-e stops at the first failure with its exit code', async () => {
    const desk = new Desk()
    expect((await desk.run(['-e'], { stdin: 'put a 1\nputt b 2\nput c 3\n' })).code).toBe(2)
    expect((await desk.run(['scan', '--keys'])).out).toBe('a\n')
    expect((await desk.run(['-e'], { stdin: 'inspect nowhere\nput c 3\n' })).code).toBe(1)
    expect((await desk.run(['scan', '--keys'])).out).toBe('a\n')
  })

  test('an absent key is an answer, not a failure', async () => {
    const desk = new Desk()
    expect((await desk.run(['-e'], { stdin: 'put a 1\nget b\nput c 3\n' })).code).toBe(0)
    expect((await desk.run(['count'])).out).toBe('2\n')
  })

  test('flags of the process hold for every line, a line may add its own', async () => {
    const desk = new Desk()
    await desk.run(['put', 'a', '1'])
    expect((await desk.run(['--json'], { stdin: 'get a\ncount\nget a --hex' })).out).toBe(
      '{"key":"a","value":1}\n{"count":1}\n31\n',
    )
  })

  test('exit leaves, and stdin is not there for values or entries', async () => {
    const desk = new Desk()
    expect((await desk.run([], { stdin: 'put a 1\nexit\nput b 2\n' })).code).toBe(0)
    expect((await desk.run(['count'])).out).toBe('1\n')
    expect((await desk.run(['-e'], { stdin: 'put k -x\n' })).code).toBe(2)
    expect((await desk.run(['-e'], { stdin: 'import\n' })).code).toBe(2)
    expect((await desk.run(['-e'], { stdin: 'completion bash\n' })).code).toBe(2)
  })

  test('bytes that are no text are refused with their line', async () => {
    const desk = new Desk()
    const run = await desk.run([], { stdin: Uint8Array.of(0x67, 0xff, 0x0a) })
    expect(run).toMatchObject({ code: 1, out: '' })
    expect(run.err).toContain('error: line 1: no UTF-8 text')
  })

  test('a signal ends it while it waits for a line', async () => {
    const desk = new Desk()
    expect(await desk.run([], { during: () => desk.signal('SIGTERM') })).toMatchObject({ code: 143 })
    expect(await desk.run([], { during: () => desk.signal('SIGINT') })).toMatchObject({ code: 130 })
  })
})
