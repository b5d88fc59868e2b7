import { expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

async function openFilledStore(fileSystem: MemoryFileSystem): Promise<LogStructuredStore> {
  const store = await LogStructuredStore.open('/store', { fileSystem })
  for (let i = 0; i < 200; i++) await store.put(`flushed ${i}`, `value ${i}`)
  await store.flush()
  for (let i = 0; i < 20; i++) await store.put(`logged ${i}`, `value ${i}`)
  return store
}

test('check() finds nothing wrong with a whole store, and counts its files', async () => {
  const fileSystem = new MemoryFileSystem()
  const store = await openFilledStore(fileSystem)
  const report = await store.check()
  await store.close()
  expect(report).toMatchObject({ ok: true, problems: [], entryCount: 200 })
  // CURRENT, the manifest, the log and the next one, the segment.
  expect(report.fileCount).toBe(5)
})

test.each(['CURRENT', 'MANIFEST-', '.log', '.seg'])(
  'check() names the place of damage in %s',
  async (part) => {
    const fileSystem = new MemoryFileSystem()
    const store = await openFilledStore(fileSystem)
    const names = (await fileSystem.list('/store'))
      .map(({ name }) => name)
      .filter((name) => name.includes(part))
    // The last log is the one that is ready and empty; the first is written to.
    const path = `/store/${names.sort()[0]}`
    const file = await fileSystem.open(path, 'update')
    const middle = Math.floor((await file.size()) / 2)
    const byte = new Uint8Array(1)
    await file.read(byte, middle)
    await file.write(Uint8Array.of((byte[0] as number) ^ 0x10), middle)
    await file.close()
    const report = await store.check()
    await store.close().catch(() => undefined)
    expect(report.ok).toBe(false)
    expect(report.problems.map((problem) => problem.path)).toContain(path)
  },
)
