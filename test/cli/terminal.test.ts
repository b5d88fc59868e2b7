/**
 * The session in a real pseudo-terminal, which `script` of util-linux gives. Where there is none, the tests are
 * skipped; test/cli/session.test.ts covers the same without one.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RunningVarve, varvePath } from './varve-process.ts'

// The name stands apart, because it is no package.
const script = 'script'
const hasScript = spawnSync(script, ['--version']).stdout?.includes('util-linux') === true
if (!hasScript)
  process.stderr.write('test/cli/terminal.test.ts: skipped, there is no script(1) of util-linux\n')

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'varve-terminal-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

function openTerminal(args: string): RunningVarve {
  const command = `stty rows 24 cols 80; ${process.execPath} ${varvePath} ${args}`
  return new RunningVarve(script, ['-qec', command, '/dev/null'], {
    cwd,
    env: { NO_COLOR: '1', TERM: 'xterm' },
  })
}

describe.skipIf(!hasScript)('in a terminal', () => {
  test('a session edits, runs, completes and leaves by Ctrl-D', async () => {
    const terminal = openTerminal('')
    await terminal.shows('varve> ')
    terminal.write("put 'user 1' hello\r")
    await terminal.shows('ok')
    await terminal.shows('varve> ')
    terminal.write('get us\t')
    await terminal.shows('"user 1" ')
    terminal.write('\r')
    await terminal.shows('"hello"')
    await terminal.shows('varve> ')
    terminal.write('\x04')
    expect((await terminal.ended).code).toBe(0)
  })

  test('Ctrl-C stops a command, clears a line, and twice leaves', async () => {
    const terminal = openTerminal('')
    await terminal.shows('varve> ')
    terminal.write('put a seventeen\r')
    await terminal.shows('ok')
    await terminal.shows('varve> ')
    terminal.write('clear\r')
    await terminal.shows('[y/N] ')
    terminal.write('\x03')
    await terminal.shows('nothing was removed')
    await terminal.shows('varve> ')
    terminal.write('count\x03')
    terminal.write('get a\r')
    await terminal.shows('"seventeen"')
    await terminal.shows('varve> ')
    terminal.write('\x03')
    await terminal.shows('Ctrl-C again')
    await terminal.shows('varve> ')
    terminal.write('\x03')
    expect((await terminal.ended).code).toBe(0)
  })

  test.skipIf(spawnSync('bash', ['-c', 'exit 0']).status !== 0)(
    'Ctrl-Z and fg bring the session back as it was',
    async () => {
      const terminal = new RunningVarve(script, ['-qec', 'bash --norc -i', '/dev/null'], {
        cwd,
        env: { NO_COLOR: '1', TERM: 'xterm' },
      })
      terminal.write("PS1='shell''> '\r")
      await terminal.shows('shell> ')
      terminal.write(`${process.execPath} ${varvePath}\r`)
      await terminal.shows('varve> ')
      terminal.write('put a 1')
      await terminal.shows('put')
      await terminal.shows('1')
      terminal.write('\x1a')
      await terminal.shows('shell> ')
      terminal.write('fg\r')
      await terminal.shows('varve> put a 1')
      terminal.write('\r')
      await terminal.shows('ok')
      await terminal.shows('varve> ')
      terminal.write('\x04')
      await terminal.shows('shell> ')
      terminal.write('exit\r')
      expect((await terminal.ended).code).toBe(0)
    },
  )

  test('Ctrl-C ends a one-shot command with 130', async () => {
    const terminal = openTerminal('import')
    await terminal.shows('Ctrl-D ends them')
    terminal.write('{"key":"a","value":1}\n\x03')
    await terminal.shows('interrupted')
    expect((await terminal.ended).code).toBe(130)
  })

  test('clear asks in one-shot use, too: yes, no, the end of input and Ctrl-C', async () => {
    await new RunningVarve(process.execPath, [varvePath, 'put', 'a', '1'], { cwd }).ended
    for (const [answer, code] of [
      ['n\r', 1],
      ['\x04', 1],
      ['\x03', 130],
      ['y\r', 0],
    ] as const) {
      const terminal = openTerminal('clear')
      await terminal.shows('Remove all keys from varve-data? [y/N] ')
      terminal.write(answer)
      expect((await terminal.ended).code).toBe(code)
    }
  })

  test('long results go through the pager', async () => {
    const terminal = new RunningVarve(
      script,
      ['-qec', `stty rows 5 cols 80; ${process.execPath} ${varvePath} help`, '/dev/null'],
      { cwd, env: { NO_COLOR: '1', TERM: 'xterm', PAGER: "sed 's/^/> /'" } },
    )
    await terminal.shows('> Usage: varve')
    expect((await terminal.ended).code).toBe(0)
  })
})
