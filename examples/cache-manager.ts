/** A cache that outlives the process: cache-manager, through Keyv, on a store. */
import { createCache } from 'cache-manager'
import Keyv from 'keyv'
import { open } from 'varve'
// cache-manager 7 brings Keyv 5. With Keyv 6 it is VarveKeyv.
import { VarveKeyv5 } from 'varve/keyv'

function openCache(): ReturnType<typeof createCache> {
  const store = new VarveKeyv5(open('./cache-data', { valueEncoding: 'bytes' }))
  return createCache({ stores: [new Keyv({ store, namespace: 'weather' })], ttl: 60_000 })
}

async function askTheStation(town: string): Promise<{ town: string; degrees: number }> {
  console.log(`asking the station of ${town}`)
  return { town, degrees: town.length }
}

const cache = openCache()
console.log(await cache.wrap('delft', () => askTheStation('Delft')))
console.log(await cache.wrap('delft', () => askTheStation('Delft')))
await cache.mset([
  { key: 'gouda', value: { town: 'Gouda', degrees: 5 } },
  { key: 'leiden', value: { town: 'Leiden', degrees: 6 }, ttl: 1 },
])
await new Promise((resolve) => setTimeout(resolve, 20))
console.log(await cache.mget(['gouda', 'leiden']))
await cache.disconnect()

// The next process finds what the last one has asked for.
const next = openCache()
console.log(await next.wrap('delft', () => askTheStation('Delft')))
await next.clear()
console.log(await next.get('delft'))
await next.disconnect()

// Prints:
//   asking the station of Delft
//   { town: 'Delft', degrees: 5 }
//   { town: 'Delft', degrees: 5 }
//   [ { town: 'Gouda', degrees: 5 }, undefined ]
//   { town: 'Delft', degrees: 5 }
//   undefined
