import { describe, expect, test } from 'vitest'
import { type Patience, retryWhileBusy, retryWhileBusySync } from './busy-retry.ts'

/** Notes the pauses instead of making them. */
function patienceOf(pausesMs: readonly number[]): Patience & { readonly taken: number[] } {
  const taken: number[] = []
  return {
    pausesMs,
    taken,
    pause: async (ms) => {
      taken.push(ms)
    },
    pauseSync: (ms) => {
      taken.push(ms)
    },
  }
}

/** Fails with the codes in turn, then succeeds. */
function attemptsOf(...codes: readonly string[]): () => void {
  const left = [...codes]
  return () => {
    const code = left.shift()
    if (code !== undefined) throw Object.assign(new Error(code), { code })
  }
}

for (const kind of ['retryWhileBusy()', 'retryWhileBusySync()']) {
  const run = async (attempt: () => void, patience: Patience): Promise<void> => {
    if (kind === 'retryWhileBusySync()') retryWhileBusySync(attempt, patience)
    else await retryWhileBusy(async () => attempt(), patience)
  }

  describe(kind, () => {
    test('waits out what holds a file for a moment', async () => {
      const patience = patienceOf([1, 2, 3])
      await run(attemptsOf('EBUSY', 'EPERM', 'EACCES'), patience)
      expect(patience.taken).toEqual([1, 2, 3])
    })

    test('gives up with the last error', async () => {
      const patience = patienceOf([1, 2])
      await expect(run(attemptsOf('EBUSY', 'EBUSY', 'EPERM'), patience)).rejects.toMatchObject({
        code: 'EPERM',
      })
      expect(patience.taken).toEqual([1, 2])
    })

    test('reports any other error at once', async () => {
      const patience = patienceOf([1, 2])
      await expect(run(attemptsOf('ENOENT'), patience)).rejects.toMatchObject({ code: 'ENOENT' })
      expect(patience.taken).toEqual([])
    })
  })
}
