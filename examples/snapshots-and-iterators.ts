/** Reading the past while others write, and walking by hand: snapshots, iterators, views. */
import { open } from 'varve'

const store = await open('./stock-data')
await store.batch([
  { type: 'put', key: 'apples', value: '12' },
  { type: 'put', key: 'bananas', value: '7' },
  { type: 'put', key: 'cherries', value: '300' },
])

// A snapshot shows the store as it was. Close it: until then flush and compaction keep what it sees.
const snapshot = store.snapshot()
await store.put('apples', '0')
await store.delete('bananas')
console.log('now:', await store.get('apples'), await store.get('bananas'))
console.log('then:', await store.get('apples', { snapshot }), await store.get('bananas', { snapshot }))
snapshot.close()

// An iterator sees the moment in which it was made, so writing inside a loop is fine.
for await (const key of store.keys()) await store.put(`${key} (seen)`, 'yes')
console.log('keys:', await store.keys().nextMany(10))

// By hand: several items at a time, and jumps inside the range.
const iterator = store.entries({ gte: 'a', lt: 'd' })
console.log('first:', await iterator.nextMany(1))
iterator.seek('c')
console.log('from c:', await iterator.nextMany(1))
await iterator.close()

// Without promises, and without a copy of the bytes: the view is good inside the callback only.
console.log(
  'length:',
  store.getView('cherries', (value) => value.length),
)
let bytes = 0
store.forEach({ prefix: 'cherries' }, (key, value) => {
  bytes += key.length + value.length
})
console.log('bytes:', bytes)

await store.close()

// Prints:
//   now: 0 undefined
//   then: 12 7
//   keys: [ 'apples', 'apples (seen)', 'cherries', 'cherries (seen)' ]
//   first: [ [ 'apples', '0' ] ]
//   from c: [ [ 'cherries', '300' ] ]
//   length: 3
//   bytes: 29
