/** Small stores on a disk in memory, as a life left them, and ways to look at their files. */
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { createSystemError } from '../../src/fs/system-error.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { StoreOptions } from '../../src/store/settings.ts'

export const path = '/store'

export function open(
  fileSystem: MemoryFileSystem,
  options: StoreOptions<string, string> = {},
): Promise<LogStructuredStore> {
  return LogStructuredStore.open(path, { fileSystem, maintenance: 'inline', ...options })
}

export async function contentOf(store: LogStructuredStore): Promise<Record<string, string>> {
  return Object.fromEntries(await store.entries().nextMany(1000))
}

/** The names of the files, or of those that contain `part`. */
export async function namesIn(fs: MemoryFileSystem, part = ''): Promise<string[]> {
  const names = (await fs.list(path)).map(({ name }) => name)
  return names.filter((name) => name.includes(part)).sort()
}

export function bytesIn(fs: MemoryFileSystem, name: string): Uint8Array {
  const file = fs.openSync(`${path}/${name}`, 'read')
  const bytes = new Uint8Array(file.sizeSync())
  file.readSync(bytes, 0)
  file.closeSync()
  return bytes
}

export function place(fs: MemoryFileSystem, name: string, bytes: Uint8Array): void {
  const file = fs.openSync(`${path}/${name}`, 'create')
  file.writeSync(bytes, 0)
  file.closeSync()
}

export function replace(fs: MemoryFileSystem, name: string, bytes: Uint8Array): void {
  fs.unlinkSync(`${path}/${name}`)
  place(fs, name, bytes)
}

export async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A store with a segment (a, b) and a log (b, c), killed. */
export async function killedStore(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  const store = await open(fs)
  await store.put('a', '1')
  await store.put('b', '2')
  await store.flush()
  await turns()
  await store.put('b', '3', { durability: 'disk' })
  await store.put('c', '4', { durability: 'disk' })
  const killed = fs.killed()
  await store.close()
  return killed
}

export const killedContent = { a: '1', b: '3', c: '4' }

export async function closedStore(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  const store = await open(fs)
  await store.put('a', '1')
  await store.close()
  return fs
}

/** A copy of a disk of which operations fail with the code that `fail` gives. */
export class FailingDisk {
  readonly fs: MemoryFileSystem

  constructor(
    of: MemoryFileSystem,
    fail: (operation: { readonly name: string; readonly path: string }) => 'EIO' | 'ENOSPC' | undefined,
  ) {
    this.fs = of.killed({
      onOperation: (operation) => {
        const code = fail(operation)
        if (code !== undefined) throw createSystemError(code, operation.name, operation.path)
      },
    })
  }

  open(): Promise<LogStructuredStore> {
    return open(this.fs)
  }
}
