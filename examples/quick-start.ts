/** Open a store, write, read, look through a range, close. */
import { open } from 'varve'

const store = await open('./quick-start-data')

await store.put('fruit:apple', 'red')
await store.put('fruit:banana', 'yellow')
await store.put('vegetable:leek', 'green')

console.log(await store.get('fruit:apple'))
console.log(await store.get('fruit:cherry'))

// Keys come in the order of their bytes; gte, gt, lte, lt, prefix, reverse and limit choose some of them.
for await (const [key, value] of store.entries({ prefix: 'fruit:' })) console.log(`${key} is ${value}`)

await store.delete('fruit:apple')
console.log(await store.has('fruit:apple'))

await store.close()

// Prints:
//   red
//   undefined
//   fruit:apple is red
//   fruit:banana is yellow
//   false
