import { describe, expect, test } from 'vitest'
import type { RepairReport } from '../../src/repair/repair-report.ts'
import { Desk } from './cli-in-process.ts'

async function deskWith(entries: Record<string, string | Uint8Array>): Promise<Desk> {
  const desk = new Desk()
  const store = desk.store()
  for (const [key, value] of Object.entries(entries)) await store.put(Buffer.from(key), Buffer.from(value))
  return desk
}

describe('put, get and delete', () => {
  test('put makes the store, get prints the value and a newline', async () => {
    const desk = new Desk()
    expect(await desk.run(['put', 'greeting', 'hello world'])).toMatchObject({ code: 0, out: '', err: '' })
    expect(await desk.run(['get', 'greeting'])).toMatchObject({ code: 0, out: 'hello world\n', err: '' })
    expect(desk.openedWith.map((options) => options.createIfMissing)).toEqual([true, false])
    expect(desk.store().calls).toEqual(['close', 'close'])
  })

  test('get of an absent key answers 3 and prints nothing in a pipe', async () => {
    const desk = await deskWith({})
    desk.store()
    expect(await desk.run(['get', 'nobody'])).toMatchObject({ code: 3, out: '', err: '' })
    expect(await desk.run(['get', 'nobody', '--json'])).toMatchObject({ code: 3, out: '' })
    expect((await desk.run(['get', 'nobody'], { terminal: true, env: { NO_COLOR: '1' } })).err).toBe(
      '(absent)\n',
    )
  })

  test('delete removes, and is fine with an absent key', async () => {
    const desk = await deskWith({ a: '1' })
    expect((await desk.run(['delete', 'a'])).code).toBe(0)
    expect((await desk.run(['delete', 'a'])).code).toBe(0)
    expect((await desk.run(['get', 'a'])).code).toBe(3)
  })

  test('put -x stores what stdin gives, byte for byte, and get -n gives it back', async () => {
    const desk = new Desk()
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    expect((await desk.run(['put', 'k', '-x'], { stdin: bytes })).code).toBe(0)
    expect([...(await desk.run(['get', 'k', '-n'])).outBytes]).toEqual([...bytes])
    expect((await desk.run(['get', 'k'])).outBytes.length).toBe(257)
  })

  test('put needs exactly one value', async () => {
    const desk = new Desk()
    expect(await desk.run(['put', 'k'])).toMatchObject({ code: 2, out: '' })
    expect(await desk.run(['put', 'k', 'v', '-x'], { stdin: '' })).toMatchObject({ code: 2 })
    expect(desk.stores.size).toBe(0)
  })

  test('keys and values may be empty, and start with - behind --', async () => {
    const desk = new Desk()
    expect((await desk.run(['put', '', ''])).code).toBe(0)
    expect(await desk.run(['get', ''])).toMatchObject({ code: 0, out: '\n' })
    expect((await desk.run(['put', '--', '-k', '--json'])).code).toBe(0)
    expect(await desk.run(['get', '--', '-k'])).toMatchObject({ code: 0, out: '--json\n' })
    expect(await desk.run(['put', 'n', '-5'])).toMatchObject({ code: 0 })
  })

  test('--from-hex takes keys and values in hexadecimal', async () => {
    const desk = new Desk()
    await desk.run(['put', '--from-hex', 'ff00', 'c3a9'])
    expect([...((await desk.store().get(Uint8Array.of(0xff, 0))) as Uint8Array)]).toEqual([0xc3, 0xa9])
    expect(await desk.run(['get', '--from-hex', 'ff00'])).toMatchObject({ out: 'é\n' })
    expect(await desk.run(['get', '--from-hex', 'xyz'])).toMatchObject({ code: 2 })
  })
})

describe('formats', () => {
  const binary = Uint8Array.of(0xff, 0x00)

  test('of get', async () => {
    const desk = await deskWith({ t: 'a"b', j: '{"a":1}', b: binary })
    const out = async (...words: string[]): Promise<string> => (await desk.run(words)).out
    expect(await out('get', 't', '--json')).toBe('{"key":"t","value":"a\\"b"}\n')
    expect(await out('get', 'j', '--json')).toBe('{"key":"j","value":{"a":1}}\n')
    expect(await out('get', 'b', '--json')).toBe('{"key":"b","value":{"base64":"/wA="}}\n')
    expect(await out('get', 't', '--csv')).toBe('key,value\nt,"a""b"\n')
    expect(await out('get', 'b', '--hex')).toBe('ff00\n')
  })

  test('of get on a terminal: quoted text, escaped bytes, plain JSON', async () => {
    const desk = await deskWith({ t: 'a\x1b[31m\n', j: '{"a":1}', b: binary })
    const out = async (...words: string[]): Promise<string> => {
      return (await desk.run(words, { terminal: true, env: { NO_COLOR: '1' } })).out
    }
    expect(await out('get', 't')).toBe('"a\\x1b[31m\\n"\n')
    expect(await out('get', 'j')).toBe('{"a":1}\n')
    expect(await out('get', 'b')).toBe('"\\xff\\x00"\n')
    expect(await out('get', 't', '--raw')).toBe('a\x1b[31m\n\n')
  })

  test('of scan', async () => {
    const desk = await deskWith({ a: '1', b: 'x,y' })
    const out = async (...words: string[]): Promise<string> => (await desk.run(['scan', ...words])).out
    expect(await out()).toBe('a\t1\nb\tx,y\n')
    expect(await out('--json')).toBe('{"key":"a","value":1}\n{"key":"b","value":"x,y"}\n')
    expect(await out('--csv')).toBe('key,value\na,1\nb,"x,y"\n')
    expect(await out('--hex')).toBe('61\t31\n62\t782c79\n')
    expect(await out('--keys')).toBe('a\nb\n')
    expect(await out('--values', '--json')).toBe('{"value":1}\n{"value":"x,y"}\n')
    expect(await out('--keys', '--csv')).toBe('key\na\nb\n')
  })

  test('exclude each other', async () => {
    const desk = await deskWith({ a: '1' })
    expect(await desk.run(['scan', '--json', '--csv'])).toMatchObject({ code: 2, out: '' })
    expect(await desk.run(['scan', '--keys', '--values'])).toMatchObject({ code: 2, out: '' })
  })

  test('colours follow flags, then NO_COLOR, then FORCE_COLOR, then the terminal', async () => {
    const desk = await deskWith({ a: '1' })
    const isColored = async (
      words: string[],
      terminal: boolean,
      env: Record<string, string>,
    ): Promise<boolean> => {
      return (await desk.run([...words, 'levels'], { terminal, env })).out.includes('\x1b[')
    }
    expect(await isColored([], true, {})).toBe(true)
    expect(await isColored([], false, {})).toBe(false)
    expect(await isColored([], true, { NO_COLOR: '1' })).toBe(false)
    expect(await isColored([], false, { FORCE_COLOR: '1' })).toBe(true)
    expect(await isColored([], true, { FORCE_COLOR: '0' })).toBe(false)
    expect(await isColored(['--color'], false, { NO_COLOR: '1' })).toBe(true)
    expect(await isColored(['--no-color'], true, { FORCE_COLOR: '1' })).toBe(false)
    expect(await isColored([], true, { TERM: 'dumb' })).toBe(false)
  })
})

describe('ranges', () => {
  test('choose keys by bounds, prefix, direction and count', async () => {
    const desk = await deskWith({ a: '1', b: '2', ba: '3', c: '4' })
    const keys = async (...words: string[]): Promise<string> => {
      return (await desk.run(['scan', '--keys', ...words])).out.trim().split('\n').join(' ')
    }
    expect(await keys('--gte', 'b')).toBe('b ba c')
    expect(await keys('--gt', 'b')).toBe('ba c')
    expect(await keys('--lt', 'b')).toBe('a')
    expect(await keys('--lte', 'b')).toBe('a b')
    expect(await keys('--prefix', 'b')).toBe('b ba')
    expect(await keys('--reverse', '--limit', '2')).toBe('c ba')
    expect(await keys('--limit=1')).toBe('a')
    expect((await desk.run(['count', '--prefix', 'b'])).out).toBe('2\n')
    expect((await desk.run(['count'])).out).toBe('4\n')
    expect((await desk.run(['count', '--json'])).out).toBe('{"count":4}\n')
  })

  test('a limit must be a whole number', async () => {
    const desk = await deskWith({ a: '1' })
    for (const limit of ['-1', '1.5', 'many', '']) {
      expect(await desk.run(['scan', '--limit', limit])).toMatchObject({ code: 2, out: '' })
    }
    expect((await desk.run(['scan', '--limit', 'many'])).err).toContain('whole number')
  })

  test('long scans come whole', async () => {
    const desk = new Desk()
    const lines = Array.from({ length: 5_000 }, (_, index) => `k${String(index).padStart(5, '0')}`)
    await desk
      .store()
      .batch(lines.map((key) => ({ type: 'put', key: Buffer.from(key), value: Buffer.alloc(0) })) as never)
    expect((await desk.run(['scan', '--keys'])).out).toBe(`${lines.join('\n')}\n`)
    expect((await desk.run(['count'])).out).toBe('5000\n')
  })
})

describe('clear', () => {
  test('wants --yes where nobody can be asked', async () => {
    const desk = await deskWith({ a: '1', b: '2' })
    const refused = await desk.run(['clear'])
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toContain('--yes')
    expect((await desk.run(['count'])).out).toBe('2\n')
    expect((await desk.run(['clear', '--gte', 'b', '--yes'])).code).toBe(0)
    expect((await desk.run(['count'])).out).toBe('1\n')
  })
})

describe('tools', () => {
  test('flush and compact reach the store', async () => {
    const desk = await deskWith({ a: '1' })
    expect(await desk.run(['flush'])).toMatchObject({ code: 0, out: '' })
    expect(await desk.run(['compact', '--gte', 'a'])).toMatchObject({ code: 0, out: '' })
    expect(desk.store().calls).toEqual(['flush', 'close', 'compact ["gte"]', 'close'])
    expect((await desk.run(['flush', '--json'])).out).toBe('{"flushed":true}\n')
  })

  test('check answers 1 when something is damaged', async () => {
    const desk = await deskWith({ a: '1' })
    expect(await desk.run(['check'])).toMatchObject({ code: 0, out: 'ok: 3 files, 4.00 KiB, 2 entries\n' })
    desk.store().report = {
      ok: false,
      fileCount: 3,
      byteCount: 4_096,
      entryCount: 0,
      problems: [{ path: 'varve-data/000003.seg', offset: 16, message: 'checksum' }],
    }
    const damaged = await desk.run(['check'])
    expect(damaged.code).toBe(1)
    expect(damaged.out).toContain('damaged: varve-data/000003.seg, offset 16: checksum')
    const json = JSON.parse((await desk.run(['check', '--json'])).out)
    expect(json).toEqual(desk.store().report)
  })

  test('repair tells what it saved and between which keys something is lost', async () => {
    const desk = new Desk()
    const report: RepairReport = {
      ok: false,
      target: 'saved',
      entryCount: 1_234,
      byteCount: 4_096,
      doubtfulCount: 2,
      readFiles: ['varve-data/000003.seg'],
      unusedFiles: ['varve-data/000002.seg'],
      damagedFiles: [
        { path: 'varve-data/000003.seg', offset: 40, reason: 'a block does not match its checksum' },
      ],
      lost: [
        {
          path: 'varve-data/000003.seg',
          offset: 40,
          length: 4_096,
          reason: 'a block does not match its checksum',
          keys: { gt: Buffer.from('a'), lte: Buffer.of(0xff) },
          newestSequence: 7,
        },
      ],
    }
    desk.repair = async (path, { target, onProgress }) => {
      onProgress?.({ phase: 'reading', doneBytes: 5, totalBytes: 10, entryCount: 0 })
      expect([path, target]).toEqual(['varve-data', 'saved'])
      return report
    }
    const { code, out } = await desk.run(['repair', 'saved'])
    expect(code).toBe(1)
    expect(out).toBe(`damaged: varve-data/000003.seg, offset 40: a block does not match its checksum
not used: varve-data/000002.seg
lost: entries after "a" up to "\\xff" may be missing, outdated, or back though deleted (varve-data/000003.seg, 4096 bytes from offset 40)
something may be lost: 1,234 entries (4.00 KiB) in saved, 2 entries of them may be outdated
`)
    const json = JSON.parse((await desk.run(['repair', 'saved', '--json'])).out)
    expect(json).toMatchObject({ ok: false, lost: [{ keys: { gt: 'a', lte: { base64: '/w==' } } }] })
    const terminal = await desk.run(['repair', 'saved'], { terminal: true })
    expect(terminal.err).toContain('reading ████████████░░░░░░░░░░░░ 50 %')
    desk.repair = async () => ({
      ...report,
      ok: true,
      lost: [],
      damagedFiles: [],
      unusedFiles: [],
      doubtfulCount: 0,
    })
    expect(await desk.run(['repair', 'saved'])).toMatchObject({
      code: 0,
      out: 'nothing is lost: 1,234 entries (4.00 KiB) in saved\n',
    })
    expect(await desk.run(['repair'])).toMatchObject({ code: 2, out: '' })
  })

  test('status and levels show the same in words, in drawings and in JSON', async () => {
    const desk = await deskWith({})
    desk.store()
    const { out } = await desk.run(['status'])
    expect(out).toContain('sequence number  1,234')
    expect(out).toContain('14.3 MiB, 3.81 MiB, 3 segments on 2 levels')
    expect(out).toContain('(leveled, lz4, worker)')
    const status = JSON.parse((await desk.run(['status', '--json'])).out)
    expect(status.levels[0].segments[1].smallestKey).toEqual({ base64: '/w==' })
    expect(status.levels[0].segments[0].smallestKey).toBe('a')
    const drawn = (await desk.run(['levels'])).out
    expect(drawn).toContain(
      'L0  ████████████░░░░░░░░  1.43 MiB, 2 runs, 2 segments, 10 entries of 4.77 MiB, 1 tombstone',
    )
    expect(drawn).toContain('L1  █████░░░░░░░░░░░░░░░  2.38 MiB of 9.54 MiB, 1 run')
    expect(drawn).toContain('000005  run 1  ██░░░░░░░░  488 KiB  10  "\\xff" … "\\xff\\x01"')
    expect(Object.keys(JSON.parse((await desk.run(['levels', '--json'])).out))).toEqual([
      'memTables',
      'levels',
    ])
  })

  test('inspect shows properties and parts, and finds a name in the folder of the store', async () => {
    const desk = new Desk()
    const path = new URL('./commands.test.ts', import.meta.url).pathname
    desk.inspections.set(path, {
      kind: 'segment',
      properties: { entryCount: 2, smallestKey: Buffer.of(0xff) },
      parts: [{ offset: 0, length: 100, kind: 'block', details: { entryCount: 2, codec: 'none' } }],
    })
    const { out } = await desk.run(['inspect', path])
    expect(out).toContain('kind         segment')
    expect(out).toContain('smallestKey  "\\xff"')
    expect(out).toContain('     0     100  block  entryCount 2, codec none')
    const json = JSON.parse((await desk.run(['inspect', path, '--json'])).out)
    expect(json).toMatchObject({ path, kind: 'segment', parts: [{ offset: 0, length: 100 }] })
    expect(
      (await desk.run(['--store', new URL('.', import.meta.url).pathname, 'inspect', 'commands.test.ts']))
        .code,
    ).toBe(0)
    expect(await desk.run(['inspect', 'nowhere.seg'])).toMatchObject({ code: 1, out: '' })
  })
})
