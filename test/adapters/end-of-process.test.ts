import { expect, test } from 'vitest'
import { runUserProgram } from '../support/user-program.ts'

// A sweep that is due in a moment, and one that is due in an hour, are no reason for a process to stay.
test.each([1, 3_600_000])(
  'a process ends with an adapter open whose next value expires in %d ms',
  async (ttlMs) => {
    const { code, stdout, stderr } = await runUserProgram(`
    import { open } from 'varve'
    import { VarveKeyv5 } from 'varve/keyv'
    const adapter = new VarveKeyv5(open('./data', { valueEncoding: 'bytes' }), { sweepIntervalMs: 3_000_000 })
    await adapter.set('keyv:a', 'text', ${ttlMs})
    console.log('done')
  `)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  },
)
