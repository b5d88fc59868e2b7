/** Proving that a program keeps what it promised, wherever it dies: two accounts, and money that moves. */
import type { LogStructuredStore } from 'varve'
import { CrashError, type CrashLaboratory, crashAtEvery } from 'varve/testing'

const options = {
  valueEncoding: 'json',
  memoryBudgetBytes: 16 * 1024 * 1024,
  tuning: { arenaSizeBytes: 64 * 1024, cacheBudgetBytes: 64 * 1024, indexBudgetBytes: 64 * 1024 },
} as const

type Accounts = LogStructuredStore<string, unknown>
type Move = (store: Accounts, amount: number) => Promise<void>

/** The program under test: `move` takes one account's money to the other and has it on the disk. */
async function tryEverywhere(move: Move): Promise<string> {
  let moved = 0
  const report = await crashAtEvery({
    seed: 1,
    workload: async (laboratory) => {
      const store = await laboratory.open('/accounts', options)
      await store.batch([
        { type: 'put', key: 'left', value: 100 },
        { type: 'put', key: 'right', value: 0 },
      ])
      for (moved = 10; moved < 40; moved += 10) await move(store, moved)
      await store.close()
    },
    // What the check must know of the moment of the death.
    remember: () => Math.max(0, moved - 10),
    check: (laboratory, { remembered }) => checkAccounts(laboratory, remembered),
  })
  const isEnough = report.operationCount >= 40
  return `nothing was lost at ${isEnough ? 'all' : 'too few'} places, each in ${Object.keys(report.crashes).length} ways`
}

async function checkAccounts(laboratory: CrashLaboratory, promised: number): Promise<void> {
  const store = await laboratory.open('/accounts', options)
  const [left, right] = (await store.getMany(['left', 'right'])) as [number?, number?]
  await store.close()
  if (left === undefined && right === undefined && promised === 0) return
  if ((left ?? 0) + (right ?? 0) !== 100) throw new Error(`there are ${left} and ${right}`)
  if ((right ?? 0) < promised) throw new Error(`${promised} had arrived, and ${right} are there`)
}

const inOneBatch: Move = (store, amount) =>
  store.batch(
    [
      { type: 'put', key: 'left', value: 100 - amount },
      { type: 'put', key: 'right', value: amount },
    ],
    { durability: 'disk' },
  )

const oneAfterTheOther: Move = async (store, amount) => {
  await store.put('left', 100 - amount, { durability: 'disk' })
  await store.put('right', amount, { durability: 'disk' })
}

console.log(`in one batch: ${await tryEverywhere(inOneBatch)}`)
try {
  await tryEverywhere(oneAfterTheOther)
} catch (error) {
  if (!(error instanceof CrashError)) throw error
  console.log(`one after the other: ${(error.cause as Error).message}`)
}

// Prints:
//   in one batch: nothing was lost at all places, each in 3 ways
//   one after the other: there are 90 and 0
