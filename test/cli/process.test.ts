import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { RunningVarve, runVarve } from './varve-process.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'varve-process-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const varve = (...args: string[]): ReturnType<typeof runVarve> => runVarve(args, { cwd })
const linesOf = (count: number): string =>
  Array.from({ length: count }, (_, index) => `{"key":"k${index}","value":"${'v'.repeat(500)}"}\n`).join('')

/** A file of so many entries, by its name. */
function writeLines(count: number): string {
  writeFileSync(join(cwd, 'lines.ndjson'), linesOf(count))
  return 'lines.ndjson'
}

describe('the program', () => {
  test('stores in one process what another reads', () => {
    expect(varve('put', 'greeting', 'hello')).toEqual({ code: 0, signal: null, out: '', err: '' })
    expect(varve('get', 'greeting')).toEqual({ code: 0, signal: null, out: 'hello\n', err: '' })
    expect(varve('get', 'nobody')).toEqual({ code: 3, signal: null, out: '', err: '' })
    expect(varve('count').out).toBe('1\n')
    expect(varve('--version').out).toBe(`varve ${packageJson.version}\n`)
    expect(existsSync(join(cwd, 'varve-data', 'CLOSED'))).toBe(true)
  })

  test('makes nothing where it only reads', () => {
    expect(varve('scan').code).toBe(1)
    expect(varve('get', 'a').err).toContain('there is no store in varve-data')
    expect(readdirSync(cwd)).toEqual([])
  })

  test('imports and exports thousands of entries, byte for byte', () => {
    const entries = [
      '{"key":{"base64":"/w=="},"value":{"n":1.0}}\n',
      '{"key":"é","value":{"base64":"AP8="}}\n',
    ]
    writeFileSync(join(cwd, 'in.ndjson'), linesOf(5_000) + entries.join(''))
    expect(varve('import', 'in.ndjson')).toMatchObject({ code: 0, out: '' })
    expect(varve('export', 'out.ndjson').code).toBe(0)
    const sorted = (name: string): string[] => readFileSync(join(cwd, name), 'utf8').split('\n').sort()
    expect(sorted('out.ndjson')).toEqual(sorted('in.ndjson'))
    expect(varve('check')).toMatchObject({ code: 0, err: '' })
    expect(varve('compact').code).toBe(0)
    expect(varve('levels').out).toContain('5,002 entries')
    expect(JSON.parse(varve('status', '--json').out)).toMatchObject({ state: 'open', sequenceNumber: 5_002 })
  })

  test('repair saves what is whole of a store that cannot be opened', () => {
    expect(varve('import', '-q', writeLines(300)).code).toBe(0)
    const segment = readdirSync(join(cwd, 'varve-data')).find((name) => name.endsWith('.seg')) ?? ''
    const path = join(cwd, 'varve-data', segment)
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, bytes.length / 2))
    expect(varve('get', 'k0')).toMatchObject({ code: 1, err: expect.stringContaining('varve repair') })
    const repaired = varve('repair', 'saved', '--json')
    expect(repaired.code).toBe(1)
    const { ok, entryCount, lost } = JSON.parse(repaired.out)
    expect({ ok, lostCount: lost.length }).toEqual({ ok: false, lostCount: 1 })
    expect(varve('--store', 'saved', 'count').out).toBe(`${entryCount}\n`)
    expect(entryCount).toBeGreaterThan(50)
    expect(varve('--store', 'saved', 'check').code).toBe(0)
    expect(varve('repair', 'saved')).toMatchObject({ code: 1, err: expect.stringContaining('not empty') })
    // The damaged store is as it was.
    expect(readFileSync(path)).toEqual(bytes.subarray(0, bytes.length / 2))
  })

  test('inspect looks into every kind of file, beside the process that has the store open', async () => {
    const first = RunningVarve.start([], { cwd })
    first.write('put a 1\nflush\nput b 2\ncount\n')
    await first.shows('2\n')
    const kindOf = (name: string): string => JSON.parse(varve('inspect', name, '--json').out).kind
    const names = readdirSync(join(cwd, 'varve-data')).filter((name) =>
      /[.](?:log|seg)$|^(?:MANIFEST|CURRENT)/.test(name),
    )
    expect([...new Set(names.map(kindOf))].sort()).toEqual(['current', 'log', 'manifest', 'segment'])
    first.child.stdin?.end()
    await first.ended
    expect(kindOf('CLOSED')).toBe('closed')
    expect(varve('inspect', 'CLOSED').out).toContain('lastSequence')
  })

  test('never shows a stack trace, whatever it is given', () => {
    writeFileSync(
      join(cwd, 'garbage'),
      Uint8Array.from({ length: 4_096 }, (_, index) => (index * 131) % 256),
    )
    for (const args of [
      ['--store', 'garbage', 'put', 'a', '1'],
      ['--store', 'garbage', 'get', 'a'],
      ['import', 'garbage'],
      ['inspect', 'garbage'],
      ['\u0000'.slice(1), 'x'],
      ['--store', '', 'put', 'a', '1'],
      ['scan', '--limit', '99999999999999999999'],
    ]) {
      const { code, out, err } = varve(...args)
      expect([1, 2]).toContain(code)
      expect(out).toBe('')
      expect(err).toMatch(/^(?:imported .*\n)?error: /)
      expect(err).not.toMatch(/^\s+at |bug in varve|node:internal/m)
    }
  })

  test('check answers 1 for a damaged segment, and reading it is no silent lie', () => {
    varve('put', 'a', 'b'.repeat(1_000))
    varve('flush')
    const folder = join(cwd, 'varve-data')
    const segment = join(folder, readdirSync(folder).find((name) => name.endsWith('.seg')) as string)
    const bytes = readFileSync(segment)
    const middle = Math.floor(statSync(segment).size / 3)
    bytes[middle] = (bytes[middle] as number) ^ 1
    writeFileSync(segment, bytes)
    const { code, out } = varve('check')
    expect(code).toBe(1)
    expect(out).toContain('damaged: ')
    const inspected = varve('inspect', segment, '--json')
    expect(inspected).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(inspected.out).parts).toContainEqual(expect.objectContaining({ kind: 'damaged' }))
  })
})

describe('pipes and signals', () => {
  test('a reader that leaves early ends a scan quietly', async () => {
    runVarve(['import'], { cwd, input: linesOf(5_000) })
    const scan = RunningVarve.start(['scan'], { cwd })
    scan.child.stdout?.once('data', () => scan.child.stdout?.destroy())
    expect(await scan.ended).toMatchObject({ code: 0, signal: null, err: '' })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends an import, saying what stays, and closes the store', async (signal, code) => {
    const running = RunningVarve.start(['import', '--log-level', 'debug'], { cwd })
    running.write(linesOf(3_000))
    // The store is open and waits for more: the log in it has what was written.
    await new Promise<void>((resolve) => {
      let told = ''
      running.child.stderr?.on('data', (chunk: Buffer) => {
        told += chunk.toString()
        if (told.includes('"open"')) resolve()
      })
    })
    running.child.kill(signal)
    const { code: answered, err } = await running.ended
    expect(answered).toBe(code)
    const stays = Number(/imported ([\d,]+) entr/.exec(err)?.[1]?.replace(',', ''))
    expect(varve('count').out).toBe(`${stays}\n`)
    expect(existsSync(join(cwd, 'varve-data', 'CLOSED'))).toBe(true)
  })

  test('a second process is told who has the store open', async () => {
    const first = RunningVarve.start([], { cwd })
    first.write('put a 1\nget a\n')
    await first.shows('1\n')
    const second = varve('get', 'a')
    expect(second).toMatchObject({ code: 1, out: '' })
    expect(second.err).toContain(String(first.child.pid))
    expect(second.err).toContain('close it there')
    first.child.stdin?.end()
    expect((await first.ended).code).toBe(0)
    expect(varve('get', 'a').out).toBe('1\n')
  })

  test('what was acknowledged survives a process that is killed', async () => {
    const first = RunningVarve.start([], { cwd })
    first.write('put a 1\nput b 2\ncount\n')
    await first.shows('2\n')
    first.child.kill('SIGKILL')
    expect((await first.ended).signal).toBe('SIGKILL')
    expect(varve('scan').out).toBe('a\t1\nb\t2\n')
  })

  test('commands from stdin run in order', () => {
    const { code, out, err } = runVarve(['--json'], { cwd, input: 'put a 1\nscan\nbogus\ncount\n' })
    expect(out).toBe('{"key":"a","stored":true}\n{"key":"a","value":1}\n{"count":1}\n')
    expect(err).toContain("error: line 3: unknown command 'bogus'")
    expect(code).toBe(1)
  })
})
