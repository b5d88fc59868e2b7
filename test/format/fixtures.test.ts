/** Stores that releases of each format left behind open for ever, and those of a later format are refused. */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hexOf64 } from '../../src/bytes/hex-of-64.ts'
import { hashResult, xxh64 } from '../../src/bytes/xxh64.ts'
import { UnsupportedFormatError } from '../../src/errors.ts'
import { joinPath } from '../../src/fs/file-names.ts'
import type { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { repair } from '../../src/repair/repair.ts'
import { inspectFile } from '../../src/store/inspect-file.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { readFileOf } from '../crash/files-of-store.ts'
import { replaceFile } from '../damage/damages.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type FixtureContent, fixturePath, fixtureStores, hexOf, makeFixture } from './fixture-stores.ts'

const root = fileURLToPath(new URL('./fixtures/', import.meta.url))
const fixtures = readdirSync(root).flatMap((format) =>
  readdirSync(join(root, format))
    .filter((name) => name.endsWith('.json'))
    .map((name) => `${format}/${name.slice(0, -'.json'.length)}`),
)

type BytesStore = LogStructuredStore<Uint8Array, Uint8Array>

function openBytes(path: string, fileSystem?: MemoryFileSystem): Promise<BytesStore> {
  return LogStructuredStore.open(path, {
    keyEncoding: 'bytes',
    valueEncoding: 'bytes',
    memoryBudgetBytes: 16 * 1024 * 1024,
    ...(fileSystem && { fileSystem }),
  })
}

async function contentOf(store: BytesStore): Promise<FixtureContent> {
  const entries = await store.entries().nextMany(10_000)
  return Object.fromEntries(entries.map(([key, value]) => [hexOf(key), hexOf(value)]))
}

async function tombstonesIn(folder: string): Promise<number> {
  let count = 0
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.seg'))) {
    const { properties } = await inspectFile(join(folder, name))
    count += Number(properties.tombstoneCount)
  }
  return count
}

test('there is a fixture of each store for each format', () => {
  const formats = readdirSync(root)
  expect(formats).toContain('format-1')
  expect(fixtures.length).toBeGreaterThanOrEqual(formats.length * fixtureStores.length)
})

describe.each(fixtures)('the fixture %s', (name) => {
  const expected = JSON.parse(readFileSync(join(root, `${name}.json`), 'utf8')) as FixtureContent

  function copy(): string {
    const folder = join(temporaryFolder(), 'store')
    cpSync(join(root, name), folder, { recursive: true })
    return folder
  }

  test('opens with all that was in it, takes writes, and opens again', async () => {
    const folder = copy()
    expect(await tombstonesIn(folder), 'on its disk, and unseen').toBeGreaterThan(10)
    const store = await openBytes(folder)
    expect(await contentOf(store)).toEqual(expected)
    expect(await store.check()).toMatchObject({ ok: true })
    for (const [key, value] of Object.entries(expected))
      expect(hexOf(store.getSync(Buffer.from(key, 'hex')) ?? new Uint8Array(0))).toBe(value)
    await store.put(Uint8Array.of(1), Uint8Array.of(2))
    await store.compact()
    await store.close()
    const reopened = await openBytes(folder)
    expect(await contentOf(reopened)).toEqual({ ...expected, '01': '02' })
    await reopened.close()
  })

  test('can be repaired, with nothing lost', async () => {
    const target = join(temporaryFolder(), 'repaired')
    expect(await repair(copy(), { target })).toMatchObject({
      ok: true,
      entryCount: Object.keys(expected).length,
    })
    const store = await openBytes(target)
    expect(await contentOf(store)).toEqual(expected)
    await store.close()
  })
})

describe('a file of a later format is refused by its number, with the way out:', () => {
  const closed = fixtureStores[0] as (typeof fixtureStores)[0]
  const killed = fixtureStores[1] as (typeof fixtureStores)[0]

  test.each([
    ['CURRENT', closed, laterText],
    ['CLOSED', closed, laterText],
    ['MANIFEST', closed, laterHeader],
    ['.log', killed, laterHeader],
    ['.seg', closed, laterSegment],
  ] as const)('%s', async (part, fixture, later) => {
    const { disk } = await makeFixture(fixture)
    const name = (await disk.list(fixturePath))
      .map((entry) => entry.name)
      .sort()
      .find((each) => each.includes(part))
    const path = joinPath(fixturePath, name ?? '')
    await replaceFile(disk, path, later(await readFileOf(disk, path), Number.parseInt(name ?? '', 10)))
    const error = await openAndRead(disk).catch((told: unknown) => told)
    expect(error).toBeInstanceOf(UnsupportedFormatError)
    expect((error as Error).message).toMatch(
      /format 2; this release of varve reads format 1\. Use a newer release/,
    )
    expect((error as Error).message).toContain(path)
    // It is not taken for damage by a repair either.
    const repaired = repair(fixturePath, { target: '/repaired', fileSystem: disk })
    await expect(repaired).rejects.toBeInstanceOf(UnsupportedFormatError)
  })
})

async function openAndRead(disk: MemoryFileSystem): Promise<void> {
  const store = await openBytes(fixturePath, disk)
  try {
    await contentOf(store)
  } finally {
    await store.close()
  }
}

function laterText(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes).replace(/^(varve \w+) 1\n/, '$1 2\n')
  const body = new TextEncoder().encode(text.slice(0, text.lastIndexOf('xxh64')))
  xxh64(body, 0, body.length, 0, 0)
  return new TextEncoder().encode(
    `${new TextDecoder().decode(body)}xxh64 ${hexOf64(hashResult.high, hashResult.low)}\n`,
  )
}

function laterHeader(bytes: Uint8Array): Uint8Array {
  return withFormat(bytes, 32, 0)
}

function laterSegment(bytes: Uint8Array, number: number): Uint8Array {
  return withFormat(bytes, 24, number)
}

/** Format 2 in the header, whose checksum stands at `end` and covers all before it. */
function withFormat(bytes: Uint8Array, end: number, seedHigh: number): Uint8Array {
  const later = Uint8Array.from(bytes)
  const view = new DataView(later.buffer)
  view.setUint32(8, 2, true)
  xxh64(later, 0, end, seedHigh, 0)
  view.setUint32(end, hashResult.low, true)
  view.setUint32(end + 4, hashResult.high, true)
  return later
}
