/** Several writes as one, and what an acknowledged write survives. */
import { DiskFullError, InvalidArgumentError, open } from 'varve'

// What `put` promises unless it says otherwise: `os` survives the end of the process, `disk` also power loss.
const accounts = await open('./accounts-data', { valueEncoding: 'json', durability: 'os' })
await accounts.batch([
  { type: 'put', key: 'ada', value: 100 },
  { type: 'put', key: 'grace', value: 50 },
])

/** Moves an amount: both accounts change or neither, and the promise resolves when a power cut cannot undo it. */
async function transfer(from: string, to: string, amount: number): Promise<void> {
  const [source, target] = (await accounts.getMany([from, to])) as number[]
  if (source === undefined || target === undefined || source < amount) throw new Error('not possible')
  await accounts.batch(
    [
      { type: 'put', key: from, value: source - amount },
      { type: 'put', key: to, value: target + amount },
    ],
    { durability: 'disk' },
  )
}

await transfer('ada', 'grace', 30)
console.log(await accounts.entries().nextMany(10))

// Writes that are not awaited one by one share their way to the disk.
const readings = Array.from({ length: 1000 }, (_, i) => accounts.put(`reading ${i}`, i * i))
await Promise.all(readings)
console.log(await accounts.get('reading 999'))

// A wrong argument is refused before anything is written, and the whole batch with it.
try {
  await accounts.batch([
    { type: 'put', key: 'ada', value: 0 },
    { type: 'put', key: 'grace', value: undefined },
  ])
} catch (error) {
  if (!(error instanceof InvalidArgumentError)) throw error
  console.log(error.code, await accounts.get('ada'))
}

// What other errors ask for: a full disk is got over in the same process, a failed one needs a new `open`.
try {
  await accounts.put('grace', 81, { durability: 'disk' })
} catch (error) {
  if (error instanceof DiskFullError) console.log('make room; reads go on, and so will writes')
  else throw error
}

await accounts.close()

// Prints:
//   [ [ 'ada', 70 ], [ 'grace', 80 ] ]
//   998001
//   STORE_INVALID_ARGUMENT 70
