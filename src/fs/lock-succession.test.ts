import type * as NodeFs from 'node:fs'
import { mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLockRecord, encodeLockRecord, type LockRecord, readLock } from './lock-file.ts'
import { becomeOwner, discardPrepared, prepareRecord, type Succession } from './lock-succession.ts'

/** Set to make this a file system without hard links. */
let linkError: string | undefined
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof NodeFs>()
  const linkSync = (from: string, to: string): void => {
    if (linkError !== undefined) throw Object.assign(new Error(linkError), { code: linkError })
    fs.linkSync(from, to)
  }
  return { ...fs, linkSync }
})

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'varve-succession-'))
})
afterEach(async () => {
  linkError = undefined
  await rm(directory, { recursive: true, force: true })
})

/** Knows which tokens are dead; everybody else lives. */
function successionOf(dead: readonly string[], beforeJudging?: (token: string) => Promise<void>): Succession {
  return {
    judge: async ({ record }) => {
      const token = record?.token ?? 'unreadable'
      await beforeJudging?.(token)
      return dead.includes(token) ? 'stale' : 'held'
    },
    refusal: ({ record }, judgement) => new Error(`${judgement} by ${record?.token ?? 'unreadable'}`),
  }
}

/** What `lockDirectory` does with a record. */
async function become(token: string, succession: Succession): Promise<void> {
  const record = createLockRecord(token, false)
  prepareRecord(directory, record)
  try {
    await becomeOwner(directory, record, succession)
  } finally {
    discardPrepared(directory, record)
  }
}

async function leave(name: string, record: LockRecord | string): Promise<void> {
  await writeFile(join(directory, name), typeof record === 'string' ? record : encodeLockRecord(record))
}

function owner(): string | undefined {
  return readLock(directory)?.record?.token
}

for (const links of ['with hard links', 'without hard links']) {
  describe(`succession ${links}`, () => {
    beforeEach(() => {
      linkError = links === 'with hard links' ? undefined : 'EPERM'
    })

    test('a free folder is taken, and only LOCK is left', async () => {
      await become('a1', successionOf([]))
      expect(owner()).toBe('a1')
      expect(await readdir(directory)).toEqual(['LOCK'])
    })

    test('a held one is refused, and nothing is left of the try', async () => {
      await become('a1', successionOf([]))
      await expect(become('b2', successionOf([]))).rejects.toThrow('held by a1')
      expect(owner()).toBe('a1')
      expect(await readdir(directory)).toEqual(['LOCK'])
    })

    test('a stale one is inherited, and only LOCK is left', async () => {
      await leave('LOCK', createLockRecord('dead', false))
      await become('b2', successionOf(['dead']))
      expect(owner()).toBe('b2')
      expect(await readdir(directory)).toEqual(['LOCK'])
    })

    test('an unreadable one is inherited when it is stale', async () => {
      await leave('LOCK', '')
      await become('b2', successionOf(['unreadable']))
      expect(owner()).toBe('b2')
      expect(await readdir(directory)).toEqual(['LOCK'])
    })

    test('an heir who lives comes first', async () => {
      await leave('LOCK', createLockRecord('dead', false))
      await leave('LOCK-after-dead', createLockRecord('a1', false))
      await expect(become('b2', successionOf(['dead']))).rejects.toThrow('held by a1')
      expect(owner()).toBe('dead')
    })

    test('heirs who died on the way are inherited in turn', async () => {
      await leave('LOCK', createLockRecord('dead', false))
      await leave('LOCK-after-dead', createLockRecord('dead1', false))
      await leave('LOCK-after-dead1', createLockRecord('dead2', false))
      await become('b2', successionOf(['dead', 'dead1', 'dead2']))
      expect(owner()).toBe('b2')
      expect(await readdir(directory)).toEqual(['LOCK'])
    })

    test('who comes too late with his judgement does not push out the heir', async () => {
      await leave('LOCK', createLockRecord('dead', false))
      let isFirst = true
      const late = successionOf(['dead'], async () => {
        if (!isFirst) return
        isFirst = false
        // While he thinks about the dead one, another inherits.
        await become('a1', successionOf(['dead']))
      })
      await expect(become('b2', late)).rejects.toThrow('held by a1')
      expect(owner()).toBe('a1')
      expect(await readdir(directory)).toEqual(['LOCK'])
    })

    test('who comes too late with a refusal looks again', async () => {
      await leave('LOCK', createLockRecord('a1', false))
      const late = successionOf([], async () => {
        // The owner lets go just then.
        await unlink(join(directory, 'LOCK'))
      })
      await become('b2', late)
      expect(owner()).toBe('b2')
    })
  })
}

test('a full or failing disk is reported as it is', async () => {
  for (const code of ['EIO', 'ENOSPC']) {
    linkError = code
    await expect(become('a1', successionOf([]))).rejects.toMatchObject({ code })
    expect(await readdir(directory)).toEqual([])
  }
})
