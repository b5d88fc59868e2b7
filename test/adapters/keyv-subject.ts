/** The adapters for Keyv 5 and 6 behind one face: plain keys, times to live, one namespace each. */
import type { VarveKeyv, VarveKeyv5 } from '../../src/adapters/keyv/varve-keyv.ts'
import type { StillTime } from '../support/still-time.ts'

/** One adapter with its namespace, whatever Keyv it is for. */
export interface Subject {
  get(key: string): Promise<string | undefined>
  getMany(keys: string[]): Promise<(string | undefined)[]>
  has(key: string): Promise<boolean>
  hasMany(keys: string[]): Promise<boolean[]>
  set(key: string, value: string, ttlMs: number | undefined): Promise<boolean>
  setMany(entries: { key: string; value: string; ttlMs: number | undefined }[]): Promise<boolean[]>
  delete(key: string): Promise<boolean>
  /** For each key in Keyv 6, for all in Keyv 5. */
  deleteMany(keys: string[]): Promise<boolean[] | boolean>
  clear(): Promise<void>
  entries(): Promise<[string, string][]>
  sweep(): Promise<number>
  disconnect(): Promise<void>
}

async function listOf<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterable) items.push(item)
  return items
}

export function subject6(adapter: VarveKeyv, time: StillTime): Subject {
  const expiresAt = (ttlMs: number | undefined): { expires?: number } =>
    ttlMs === undefined ? {} : { expires: time.wallTimeMs() + ttlMs }
  return {
    get: (key) => adapter.get(key),
    getMany: (list) => adapter.getMany(list),
    has: (key) => adapter.has(key),
    hasMany: (list) => adapter.hasMany(list),
    set: (key, value, ttlMs) => adapter.set(key, value, expiresAt(ttlMs).expires),
    setMany: (entries) =>
      adapter.setMany(entries.map(({ key, value, ttlMs }) => ({ key, value, ...expiresAt(ttlMs) }))),
    delete: (key) => adapter.delete(key),
    deleteMany: (list) => adapter.deleteMany(list),
    clear: () => adapter.clear(),
    entries: () => listOf(adapter.iterator()),
    sweep: () => adapter.sweep(),
    disconnect: () => adapter.disconnect(),
  }
}

/** Keyv 5 puts the namespace before each key by itself. */
export function subject5(adapter: VarveKeyv5): Subject {
  const place = (key: string): string => `${adapter.namespace}:${key}`
  return {
    get: (key) => adapter.get(place(key)),
    getMany: (list) => adapter.getMany(list.map(place)),
    has: (key) => adapter.has(place(key)),
    hasMany: (list) => adapter.hasMany(list.map(place)),
    set: (key, value, ttlMs) => adapter.set(place(key), value, ttlMs),
    setMany: (entries) =>
      adapter.setMany(
        entries.map(({ key, value, ttlMs }) => ({
          key: place(key),
          value,
          ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
        })),
      ),
    delete: (key) => adapter.delete(place(key)),
    deleteMany: (list) => adapter.deleteMany(list.map(place)),
    clear: () => adapter.clear(),
    entries: async () =>
      (await listOf(adapter.iterator(adapter.namespace))).map(([key, value]) => [
        key.slice(place('').length),
        value,
      ]),
    sweep: () => adapter.sweep(),
    disconnect: () => adapter.disconnect(),
  }
}
