/** Values that are objects: the json encoding, with a type of one's own. */
import { open } from 'varve'

interface User {
  readonly name: string
  readonly email: string
  readonly roles: readonly string[]
}

// `await using` closes the store at the end, also when something throws.
await using users = await open<string, User>('./users-data', { valueEncoding: 'json' })

await users.put('ada', { name: 'Ada Lovelace', email: 'ada@example.org', roles: ['admin'] })
await users.put('grace', { name: 'Grace Hopper', email: 'grace@example.org', roles: [] })

const ada = await users.get('ada')
console.log(ada?.name, ada?.roles)

// A value is written whole: change a copy, and put it.
if (ada !== undefined) await users.put('ada', { ...ada, roles: [...ada.roles, 'author'] })

const [found, missing] = await users.getMany(['ada', 'nobody'])
console.log(found?.roles, missing)

for await (const { email } of users.values()) console.log(email)

// Prints:
//   Ada Lovelace [ 'admin' ]
//   [ 'admin', 'author' ] undefined
//   ada@example.org
//   grace@example.org
