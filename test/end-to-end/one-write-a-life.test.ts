import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-lives-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('end to end', () => {
  it('a store that is opened for one write again and again does not pile up files', async () => {
    const lives = 60
    for (let life = 0; life < lives; life++) {
      const store = await LogStructuredStore.open(folder)
      await store.put(`key ${life}`, `value ${life}`)
      await store.close()
    }
    const store = await LogStructuredStore.open(folder)
    expect(await store.keys().nextMany(100)).toHaveLength(lives)
    expect(await store.get('key 17')).toBe('value 17')
    const segmentCount = store.status().disk.segmentCount
    await store.close()
    expect(segmentCount).toBeLessThanOrEqual(12)
    expect(readdirSync(folder).length).toBeLessThanOrEqual(segmentCount + 6)
  })
})
