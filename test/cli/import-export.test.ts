import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { DiskFullError } from '../../src/errors.ts'
import { Desk } from './cli-in-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const lineOf = (index: number): string =>
  `{"key":"k${String(index).padStart(5, '0')}","value":{"n":${index}}}`
const linesOf = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${lineOf(index)}\n`).join('')

describe('import', () => {
  test('what went in comes out, from a pipe and from a file', async () => {
    const lines = `${linesOf(2_500)}{"key":"text","value":"no JSON"}\n{"key":{"base64":"/w=="},"value":{"base64":"AP8="}}\n`
    const desk = new Desk()
    const imported = await desk.run(['import'], { stdin: lines })
    expect(imported).toMatchObject({ code: 0, out: '' })
    expect(imported.err).toMatch(/^imported 2,502 entries \(.* KiB\) in 0 ms\n$/)
    expect((await desk.run(['export'])).out).toBe(lines)

    const other = new Desk()
    expect((await other.run(['import', fileOf('some.ndjson', lines)])).code).toBe(0)
    expect((await other.run(['export', '-', '--quiet'])).out).toBe(lines)
  })

  test('writes in batches', async () => {
    const desk = new Desk()
    const lengths: number[] = []
    desk.store().beforeBatch = (length) => lengths.push(length)
    await desk.run(['import'], { stdin: linesOf(2_500) })
    expect(lengths).toEqual([1_000, 1_000, 500])
  })

  test('CSV by the ending of the file, by --format and by --csv', async () => {
    const csv = 'key,value\na,"1,\n2"\nb,base64:/w==\n'
    for (const words of [
      ['import', fileOf('some.CSV', csv)],
      ['import', fileOf('some.txt', csv), '--format', 'csv'],
      ['import', fileOf('some.txt', csv), '--csv'],
    ]) {
      const desk = new Desk()
      expect((await desk.run(words)).code).toBe(0)
      expect((await desk.run(['export', '--format', 'csv'])).out).toBe(csv)
    }
    const desk = new Desk()
    expect((await desk.run(['import', '--csv', '--no-header'], { stdin: 'a,1\n' })).code).toBe(0)
    expect((await desk.run(['get', 'a'])).out).toBe('1\n')
  })

  test('an invalid line stops it; what stands before stays and is said', async () => {
    const desk = new Desk()
    const failed = await desk.run(['import'], { stdin: `${linesOf(1_200)}\n{"key":1}\n${lineOf(7_000)}\n` })
    expect(failed).toMatchObject({ code: 1, out: '' })
    expect(failed.err).toBe(
      'error: line 1202: no "value"; a line is {"key": …, "value": …}\n' +
        '1,200 entries before it were imported and stay. Correct the line and import again, or leave such lines out with --skip-invalid.\n',
    )
    expect((await desk.run(['count'])).out).toBe('1200\n')
  })

  test('--skip-invalid goes on, tells the first ten and counts the rest', async () => {
    const desk = new Desk()
    const stdin = `${'nonsense\n'.repeat(12)}${lineOf(1)}\n`
    const { code, err, out } = await desk.run(['import', '--skip-invalid', '--json'], { stdin })
    expect(code).toBe(0)
    expect(err.split('\n').filter((line) => line.includes('skipped'))).toHaveLength(11)
    expect(JSON.parse(out)).toEqual({ imported: 1, skipped: 12, bytes: stdin.length, milliseconds: 0 })
  })

  test('a key that no store takes is refused with its line, not with its batch', async () => {
    const desk = new Desk()
    const key = 'k'.repeat(65_536)
    const failed = await desk.run(['import'], { stdin: `${lineOf(1)}\n{"key":"${key}","value":1}\n` })
    expect(failed.err).toContain(
      'error: line 2: the key has 65536 bytes, 65535 is the most\n1 entry before it was',
    )
    expect((await desk.run(['count'])).out).toBe('1\n')
  })

  test('a failing store ends it, saying what stays', async () => {
    const desk = new Desk()
    let batches = 0
    desk.store().beforeBatch = () => {
      if (++batches === 3) throw new DiskFullError('no room on the disk')
    }
    const failed = await desk.run(['import'], { stdin: linesOf(5_000) })
    expect(failed.code).toBe(1)
    expect(failed.err).toMatch(/^imported 2,000 entries before that; they stay\nerror: no room on the disk\n/)
  })

  test('Ctrl-C ends it with 130, saying what stays', async () => {
    const desk = new Desk()
    desk.store().beforeBatch = () => desk.signal('SIGINT')
    const stopped = await desk.run(['import'], { stdin: linesOf(5_000) })
    expect(stopped.code).toBe(130)
    expect(stopped.err).toMatch(/imported 1,000 entries before that; they stay\ninterrupted\n$/)
    expect(desk.store().calls).toEqual(['close'])
    expect(desk.exits).toEqual([])
  })

  test('a signal ends the wait for a pipe that gives nothing', async () => {
    const desk = new Desk()
    const stopped = await desk.run(['import'], { during: () => desk.signal('SIGTERM') })
    expect(stopped.code).toBe(143)
  })

  test('what is no import makes no store', async () => {
    const desk = new Desk()
    const failed = await desk.run(['import'], { stdin: '\x1f\x8b' })
    expect(failed.err).toContain('line 1: no JSON')
    expect(failed.err).toContain('--format csv\nNothing was imported. ')
    const packed = await desk.run(['import'], { stdin: Uint8Array.of(0x1f, 0x8b, 0x08) })
    expect(packed.err).toContain('line 1: no UTF-8 text; a compressed file comes in by zcat')
    expect(desk.stores.size).toBe(0)
    expect((await desk.run(['import'], { stdin: '' })).code).toBe(0)
    expect(desk.stores.size).toBe(1)
  })

  test('a missing file makes no store', async () => {
    const desk = new Desk()
    const failed = await desk.run(['import', join(folder, 'nowhere.ndjson')])
    expect(failed).toMatchObject({ code: 1, out: '' })
    expect(failed.err).toContain('there is no such file')
    expect((await desk.run(['import', folder])).err).toContain('is a folder')
    expect(desk.stores.size).toBe(0)
  })
})

describe('export', () => {
  test('obeys ranges and --strings', async () => {
    const desk = new Desk()
    await desk.run(['import'], { stdin: linesOf(10) })
    expect((await desk.run(['export', '--limit', '1', '--reverse'])).out).toBe(`${lineOf(9)}\n`)
    expect((await desk.run(['export', '--lt', 'k00001', '--strings'])).out).toBe(
      '{"key":"k00000","value":"{\\"n\\":0}"}\n',
    )
  })

  test('a file is whole or not there, and not replaced without --force', async () => {
    const desk = new Desk()
    await desk.run(['import'], { stdin: linesOf(3) })
    const path = join(folder, 'out.ndjson')
    expect((await desk.run(['export', path])).code).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(linesOf(3))
    const refused = await desk.run(['export', path])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('--force replaces it')
    expect((await desk.run(['export', path, '--force', '--limit', '1'])).code).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(linesOf(1))

    const failing = join(folder, 'failing.ndjson')
    desk.store().entries = () => {
      throw new Error('broken')
    }
    expect((await desk.run(['export', failing])).code).toBe(1)
    expect(readdirSync(folder).filter((name) => name.startsWith('failing'))).toEqual([])
    expect((await desk.run(['export', join(folder, 'no', 'such', 'folder')])).err).toContain(
      'there is no such folder',
    )
  })
})

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((json) => Buffer.from(json)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
)

test.each(['ndjson', 'csv'])('any store comes back from its export as %s', async (format) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyBytes, anyBytes), { maxLength: 20 }),
      fc.boolean(),
      async (entries, strings) => {
        const desk = new Desk()
        const source = desk.store()
        for (const [key, value] of entries) await source.put(key, value)
        const words = ['export', '--format', format, ...(strings ? ['--strings'] : [])]
        const exported = await desk.run(words)
        const other = new Desk()
        const imported = await other.run(['import', '--format', format], { stdin: exported.outBytes })
        expect(imported.err).toContain('imported')
        expect(imported.code).toBe(0)
        const all = (from: Desk): Promise<unknown> => from.store().entries().nextMany(100)
        expect(await all(other)).toEqual(await all(desk))
      },
    ),
  )
})
