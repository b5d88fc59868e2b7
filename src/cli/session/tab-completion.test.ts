import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { InMemoryStore } from '../../store/in-memory-store.ts'
import { commandTable } from '../command-table.ts'
import type { OpenStore } from '../host.ts'
import { type Completion, completeLine } from './tab-completion.ts'

const store = InMemoryStore.open({ keyEncoding: 'bytes', valueEncoding: 'bytes' })
for (const key of ['user:1', 'user:2', 'with space']) store.putSync(Buffer.from(key), Buffer.alloc(0))
store.putSync(Uint8Array.of(0xff, 0x01), Buffer.alloc(0))

const folder = mkdtempSync(join(tmpdir(), 'varve-tab-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'inner'))
writeFileSync(join(folder, 'a.ndjson'), '')

const complete = (line: string): Promise<Completion> =>
  completeLine(line, commandTable, store as unknown as OpenStore)

test('commands', async () => {
  expect(await complete('co')).toEqual([['count', 'compact', 'completion'], 'co'])
  expect(await complete('sc')).toEqual([['scan '], 'sc'])
  expect(await complete('  help sc')).toEqual([['scan '], 'sc'])
  expect(await complete('nothing a')).toEqual([[], 'a'])
})

test('options that are not given yet, of the command and for output', async () => {
  expect(await complete('scan --re')).toEqual([['--reverse '], '--re'])
  expect(await complete('scan --reverse --re')).toEqual([[], '--re'])
  expect(await complete('get --js')).toEqual([['--json '], '--js'])
})

test('words that an option or argument is one of', async () => {
  expect(await complete('export --format ')).toEqual([['ndjson', 'csv'], ''])
  expect(await complete('completion f')).toEqual([['fish '], 'f'])
})

test('keys, quoted where they must be', async () => {
  expect(await complete('get us')).toEqual([['user:1', 'user:2'], 'us'])
  expect(await complete('get user:1')).toEqual([['user:1 '], 'user:1'])
  expect(await complete('get w')).toEqual([['"with space" '], 'w'])
  expect(await complete('get "with s')).toEqual([['"with space" '], '"with s'])
  expect(await complete('get "\\xff')).toEqual([['"\\xff\\x01" '], '"\\xff'])
  expect(await complete('scan --gte us')).toEqual([['user:1', 'user:2'], 'us'])
  expect(await complete('put user:1 us')).toEqual([[], 'us'])
  expect(await completeLine('get us', commandTable, undefined)).toEqual([[], 'us'])
})

test('files and folders', async () => {
  expect(await complete(`import ${folder}/`)).toEqual([
    [`${folder}/a.ndjson`, `${folder}/inner/`],
    `${folder}/`,
  ])
  expect(await complete(`import ${folder}/in`)).toEqual([[`${folder}/inner/`], `${folder}/in`])
  expect(await complete(`import ${folder}/nowhere/`)).toEqual([[], `${folder}/nowhere/`])
})
