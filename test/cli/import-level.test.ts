import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLevelDatabase } from '../../src/cli/level-database.ts'
import { Desk } from './cli-in-process.ts'
import { runVarve, varvePath } from './varve-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-import-level-'))
const original = join(folder, 'original')
const entryCount = 3_500

beforeAll(async () => {
  const db = new ClassicLevel<string, unknown>(original, { valueEncoding: 'json' })
  const entries = Array.from({ length: entryCount - 2 }, (_, i) => ({
    type: 'put' as const,
    key: `key-${String(i).padStart(5, '0')}`,
    value: { n: i },
  }))
  await db.batch(entries)
  await db.sublevel('sub').put('inner', 'text')
  await db.put(Uint8Array.of(255, 0), Uint8Array.of(0, 254), { keyEncoding: 'view', valueEncoding: 'view' })
  await db.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A desk at which LevelDB can be opened. */
function levelDesk(): Desk {
  const desk = new Desk()
  desk.openLevel = (path) => openLevelDatabase(path, folder)
  return desk
}

async function contentOf(desk: Desk): Promise<[string, string][]> {
  const entries = await desk.store().entries().nextMany(10_000)
  return entries.map(([key, value]) => [
    Buffer.from(key).toString('latin1'),
    Buffer.from(value).toString('latin1'),
  ])
}

async function originalContent(): Promise<[string, string][]> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(original, {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  const entries = await db.iterator().all()
  await db.close()
  return entries.map(([key, value]) => [
    Buffer.from(key).toString('latin1'),
    Buffer.from(value).toString('latin1'),
  ])
}

describe('import --from level', () => {
  test('brings everything over byte for byte, and counts it', async () => {
    const desk = levelDesk()
    const run = await desk.run(['import', '--from', 'level', original])
    expect(run).toMatchObject({ code: 0, out: '' })
    expect(run.err).toMatch(/^imported 3,500 entries \(\d.* KiB\) in 0 ms\n$/)
    const content = await contentOf(desk)
    expect(content).toHaveLength(entryCount)
    expect(content).toEqual(await originalContent())
    expect(content.map(([key]) => key)).toContain('!sub!inner')
  })

  test('--json counts as other imports do', async () => {
    const run = await levelDesk().run(['import', '--from', 'level', original, '--json'])
    expect(JSON.parse(run.out)).toMatchObject({ imported: entryCount, skipped: 0, milliseconds: 0 })
  })

  test('stopped by Ctrl-C, it goes on behind the last key and ends with the same', async () => {
    const desk = levelDesk()
    let batches = 0
    desk.store().beforeBatch = () => {
      if (++batches === 2) desk.signal('SIGINT')
    }
    const stopped = await desk.run(['import', '--from', 'level', original])
    expect(stopped.code).toBe(130)
    expect(stopped.err).toMatch(/imported 2,000 entries before that; they stay, and the same command goes on/)
    const resumed = await desk.run(['import', '--from', 'level', original])
    expect(resumed.code).toBe(0)
    expect(resumed.err).toMatch(/^going on behind "key-01998"; --restart begins anew\nimported 1,500 entries/)
    expect(await contentOf(desk)).toEqual(await originalContent())
    const again = await desk.run(['import', '--from', 'level', original])
    expect(again.err).toContain('imported 0 entries')
  })

  test('a store whose last key comes from elsewhere is not taken for a part of it', async () => {
    const desk = levelDesk()
    await desk.store().put(Uint8Array.of(0x7a), Uint8Array.of(1))
    const refused = await desk.run(['import', '--from', 'level', original])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('the last key of the store, "z", does not come from')
    const forced = await desk.run(['import', '--from', 'level', original, '--restart'])
    expect(forced.code).toBe(0)
    expect(await contentOf(desk)).toHaveLength(entryCount + 1)
  })

  test('shows on a terminal how far it is', async () => {
    const run = await levelDesk().run(['import', '--from', 'level', original], { terminal: true })
    expect(run.code).toBe(0)
    expect(run.err).toContain('importing')
  })

  test('keys that no store takes are refused by name, or left out with --skip-invalid', async () => {
    const path = join(folder, 'long-keys')
    const db = new ClassicLevel(path)
    await db.batch([
      { type: 'put', key: 'a', value: '1' },
      { type: 'put', key: `b${'x'.repeat(70_000)}`, value: '2' },
      { type: 'put', key: 'c', value: '3' },
    ])
    await db.close()
    const refused = await levelDesk().run(['import', '--from', 'level', path])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('the key has 70001 bytes, 65535 is the most')
    const skipped = await levelDesk().run(['import', '--from', 'level', path, '--skip-invalid'])
    expect(skipped.code).toBe(0)
    expect(skipped.err).toContain('skipped 1 entry')
  })

  test('a folder without LevelDB is refused, and nothing is written into it', async () => {
    for (const path of [join(folder, 'nowhere'), folder]) {
      const before = readdirSync(folder)
      const run = await levelDesk().run(['import', '--from', 'level', path])
      expect(run.code).toBe(1)
      expect(run.err).toContain(`there is no LevelDB in ${path}`)
      expect(readdirSync(folder)).toEqual(before)
    }
  })

  test('a LevelDB that an app has open is refused, with what to do', async () => {
    const path = join(folder, 'locked')
    cpSync(original, path, { recursive: true })
    const db = new ClassicLevel(path)
    await db.open()
    const run = await levelDesk().run(['import', '--from', 'level', path])
    await db.close()
    expect(run.code).toBe(1)
    expect(run.err).toContain('an app has it open\nStop the app first.')
  })

  test("where classic-level is not installed, the error says how to get it; the app's own is found", () => {
    const alone = join(folder, 'alone')
    mkdirSync(alone)
    // A package as it is installed, with no other package around.
    cpSync(dirname(dirname(varvePath)), join(alone, 'dist'), { recursive: true })
    cpSync(join(dirname(dirname(dirname(varvePath))), 'package.json'), join(alone, 'package.json'))
    const tool = join(alone, 'dist', 'cli', 'varve.js')
    const args = ['import', '--from', 'level', original, '--store', join(alone, 'store')]
    const missing = runVarve(args, { cwd: alone }, tool)
    expect(missing).toMatchObject({ code: 1, out: '' })
    expect(missing.err).toContain('the package classic-level is not installed')
    expect(missing.err).toContain('npm install --no-save classic-level')
    expect(missing.err).not.toContain('    at ')
    const app = dirname(dirname(dirname(varvePath)))
    const found = runVarve(args, { cwd: app }, tool)
    expect(found).toMatchObject({ code: 0, out: '' })
    expect(found.err).toContain('imported 3,500 entries')
  })

  test('wrong use is told', async () => {
    const desk = levelDesk()
    expect((await desk.run(['import', '--from', 'level'])).code).toBe(2)
    expect((await desk.run(['import', '--restart', 'file.ndjson'])).code).toBe(2)
    expect((await desk.run(['import', '--from', 'rocksdb', original])).code).toBe(2)
  })
})
