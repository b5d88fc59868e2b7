/** Keys of several parts that sort part by part: messages of rooms by time, and an index beside them. */
import { open } from 'varve'

const store = await open('./rooms-data', { keyEncoding: 'tuple' })

async function post(room: string, at: Date, author: string, text: string): Promise<void> {
  // The message and its place in the index are written together or not at all.
  await store.batch().put(['message', room, at], text).put(['by author', author, at, room], '').write()
}

await post('garden', new Date('2026-03-01T08:00:00Z'), 'ada', 'The leeks are up.')
await post('garden', new Date('2026-03-02T09:30:00Z'), 'grace', 'Water them.')
await post('kitchen', new Date('2026-03-02T12:00:00Z'), 'ada', 'Soup is on.')

console.log('In the garden:')
for await (const [[, , at], text] of store.entries({ prefix: ['message', 'garden'] })) {
  console.log(`  ${(at as Date).toISOString()} ${text}`)
}

console.log('Newest in the garden:')
for await (const text of store.values({ prefix: ['message', 'garden'], reverse: true, limit: 1 })) {
  console.log(`  ${text}`)
}

console.log('Where Ada wrote:')
for await (const [, , , room] of store.keys({ prefix: ['by author', 'ada'] })) console.log(`  ${room}`)

console.log('In the garden since March 2:')
const since = ['message', 'garden', new Date('2026-03-02T00:00:00Z')]
for await (const text of store.values({ prefix: ['message', 'garden'], gte: since })) console.log(`  ${text}`)

await store.close()

// Prints:
//   In the garden:
//     2026-03-01T08:00:00.000Z The leeks are up.
//     2026-03-02T09:30:00.000Z Water them.
//   Newest in the garden:
//     Water them.
//   Where Ada wrote:
//     garden
//     kitchen
//   In the garden since March 2:
//     Water them.
