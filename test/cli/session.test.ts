import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { CLI } from '../../src/cli/cli.ts'
import type { InputStream, OutputStream } from '../../src/cli/host.ts'
import { Desk } from './cli-in-process.ts'

const state = mkdtempSync(join(tmpdir(), 'varve-state-'))
afterAll(() => rmSync(state, { recursive: true }))

/** A terminal that a test types into and reads. */
class Terminal {
  readonly desk: Desk
  readonly ended: Promise<number>
  readonly #stdin: InputStream & PassThrough
  #shown = ''
  #seen = 0
  #waiting: (() => void) | undefined

  constructor(desk: Desk, words: readonly string[] = [], env: Record<string, string> = {}) {
    this.desk = desk
    this.#stdin = Object.assign(new PassThrough(), { isTTY: true })
    const screen: PassThrough & OutputStream = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 80,
      rows: 24,
    })
    screen.on('data', (chunk: Buffer) => {
      this.#shown += chunk.toString()
      this.#waiting?.()
    })
    const host = desk.host(this.#stdin, screen, screen, { NO_COLOR: '1', XDG_STATE_HOME: state, ...env })
    this.ended = new CLI(host).run(words)
  }

  type(text: string): void {
    this.#stdin.write(text)
  }

  /** Resolves when `text` shows up behind what was waited for before; gives what came up to it. */
  async shows(text: string): Promise<string> {
    for (;;) {
      const fresh = stripVTControlCharacters(this.#shown).slice(this.#seen)
      const found = fresh.indexOf(text)
      if (found !== -1) {
        this.#seen += found + text.length
        return fresh.slice(0, found + text.length)
      }
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  /** Types a line and waits for its echo and the next prompt. */
  async enter(line: string): Promise<string> {
    this.type(`${line}\r`)
    await this.shows('\n')
    const result = await this.shows('varve> ')
    return result.slice(0, -'varve> '.length).replaceAll('\r\n', '\n')
  }
}

async function openTerminal(
  desk: Desk,
  words?: readonly string[],
  env?: Record<string, string>,
): Promise<Terminal> {
  const terminal = new Terminal(desk, words, env)
  await terminal.shows('varve> ')
  return terminal
}

describe('the session', () => {
  test('says what it is and what is open', async () => {
    const desk = new Desk()
    const first = new Terminal(desk)
    expect(await first.shows('varve> ')).toContain(
      'Varve 9.8.7, store varve-data (not there yet; the first put makes it)',
    )
    first.type('\x04')
    expect(await first.ended).toBe(0)
    desk.store('other')
    const second = new Terminal(desk, ['--store', 'other'])
    expect(await second.shows('varve> ')).toContain('store other (3.82 MiB, 1,234 writes so far)')
    second.type('\x04')
    expect(await second.ended).toBe(0)
  })

  test('runs lines; errors do not leave it', async () => {
    const terminal = await openTerminal(new Desk())
    expect(await terminal.enter('get a')).toContain('error: there is no store in varve-data')
    expect(await terminal.enter('put \'a b\' "\\xff"')).toBe('ok\n')
    expect(await terminal.enter('scan')).toBe('"a b"  "\\xff"\n(1 entry)\n')
    expect(await terminal.enter('gett a')).toContain("unknown command 'gett'; did you mean get?")
    expect(await terminal.enter('get nobody')).toBe('(absent)\n')
    expect(await terminal.enter('')).toBe('')
    expect(await terminal.enter('get --help')).toContain('Usage: get [options] KEY')
    expect(await terminal.enter('help')).toContain('scan')
    terminal.type('exit\r')
    expect(await terminal.ended).toBe(0)
    expect(terminal.desk.store().calls).toEqual(['close'])
  })

  test('Ctrl-C clears a typed line, and twice on an empty one leaves', async () => {
    const terminal = await openTerminal(new Desk())
    terminal.type('put a 1\x03')
    expect(await terminal.enter('put b 2')).toBe('ok\n')
    expect(await terminal.enter('scan --keys')).toBe('"b"\n(1 entry)\n')
    terminal.type('\x03')
    await terminal.shows('Ctrl-C again or Ctrl-D leaves.')
    await terminal.shows('varve> ')
    expect(await terminal.enter('count')).toBe('1\n')
    terminal.type('\x03\x03')
    expect(await terminal.ended).toBe(0)
  })

  test('Ctrl-C stops the running command and nothing else', async () => {
    const desk = new Desk()
    desk.store().check = () => {
      desk.signal('SIGINT')
      return new Promise(() => {})
    }
    const terminal = await openTerminal(desk)
    expect(await terminal.enter('check')).toBe('interrupted\n')
    expect(await terminal.enter('count')).toBe('0\n')
    terminal.type('\x04')
    expect(await terminal.ended).toBe(0)
  })

  test('SIGTERM ends it, closing the store', async () => {
    const desk = new Desk()
    desk.store()
    const terminal = await openTerminal(desk)
    desk.signal('SIGTERM')
    expect(await terminal.ended).toBe(143)
    expect(desk.store().calls).toEqual(['close'])
  })

  test('clear asks; only yes removes', async () => {
    const terminal = await openTerminal(new Desk())
    await terminal.enter('put a 1')
    for (const answer of ['\r', 'no\r', '\x03']) {
      terminal.type('clear\r')
      await terminal.shows('Remove all keys from varve-data? [y/N] ')
      terminal.type(answer)
      await terminal.shows('nothing was removed')
      await terminal.shows('varve> ')
    }
    terminal.type('clear --gte a\r')
    await terminal.shows('Remove the keys of this range from varve-data? [y/N] ')
    terminal.type('y\r')
    await terminal.shows('ok')
    await terminal.shows('varve> ')
    expect(await terminal.enter('count')).toBe('0\n')
    terminal.type('\x04')
    await terminal.ended
  })

  test('lines that are pasted together run one after the other', async () => {
    const terminal = await openTerminal(new Desk())
    terminal.type('put a 1\rput b 2\rcount\r')
    await terminal.shows('2\n')
    terminal.type('\x04')
    expect(await terminal.ended).toBe(0)
  })

  test('Tab completes commands, options and keys', async () => {
    const desk = new Desk()
    for (const key of ['user 1', 'zebra']) await desk.store().put(Buffer.from(key), Buffer.from('v'))
    const terminal = await openTerminal(desk)
    terminal.type('sca\t')
    await terminal.shows('n ')
    terminal.type('--ke\t')
    await terminal.shows('ys ')
    terminal.type('\r')
    await terminal.shows('"user 1"\n"zebra"\n(2 entries)')
    await terminal.shows('varve> ')
    terminal.type('get us\t')
    await terminal.shows('"user 1" ')
    terminal.type('\r')
    await terminal.shows('"v"')
    terminal.type('\x04')
    await terminal.ended
  })

  test('shows what a command still takes, and takes it away again', async () => {
    const terminal = await openTerminal(new Desk())
    terminal.type('put')
    await terminal.shows(' KEY [VALUE] [--stdin]')
    terminal.type(' k ')
    await terminal.shows('[VALUE] [--stdin]')
    terminal.type('v\r')
    expect(await terminal.shows('ok')).not.toContain('--stdin]\n')
    terminal.type('\x04')
    await terminal.ended
  })

  test('keeps its lines for the next session, but none that starts with a space, and no answers', async () => {
    const env = { XDG_STATE_HOME: join(state, 'kept') }
    const terminal = await openTerminal(new Desk(), [], env)
    await terminal.enter('put a 1')
    await terminal.enter(' put secret 2')
    await terminal.enter('count')
    await terminal.enter('count')
    terminal.type('clear\r')
    await terminal.shows('[y/N] ')
    terminal.type('never\r')
    await terminal.shows('nothing was removed')
    terminal.type('\x04')
    await terminal.ended
    const path = join(state, 'kept', 'varve', 'history')
    expect(readFileSync(path, 'utf8')).toBe('put a 1\ncount\nclear\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)

    const next = await openTerminal(new Desk(), [], env)
    next.type('\x1b[A\x1b[A\x1b[A')
    await next.shows('put a 1')
    next.type('\r')
    await next.shows('ok')
    next.type('\x04')
    await next.ended
  })

  test('a store that cannot be opened ends it', async () => {
    const desk = new Desk()
    desk.openError = new Error('broken')
    const terminal = new Terminal(desk)
    await terminal.shows('error: bug in varve: broken')
    expect(await terminal.ended).toBe(1)
  })
})
