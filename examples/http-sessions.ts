/** Sessions of an HTTP server that outlive it: express-session, through Keyv, on a store. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import session, { type SessionData, Store } from 'express-session'
import Keyv from 'keyv'
import { open } from 'varve'
// This is Keyv 5. With Keyv 6 it is VarveKeyv.
import { VarveKeyv5 } from 'varve/keyv'

const sessionMs = 14 * 24 * 60 * 60 * 1000

/** Keeps sessions in a Keyv, each as long as its cookie lives. */
class KeyvSessions extends Store {
  readonly #keyv: Keyv<SessionData>

  constructor(keyv: Keyv<SessionData>) {
    super()
    this.#keyv = keyv
  }

  override get(id: string, done: (error: unknown, found?: SessionData | null) => void): void {
    this.#keyv.get(id).then((found) => done(null, found ?? null), done)
  }

  override set(id: string, data: SessionData, done: (error?: unknown) => void = () => undefined): void {
    this.#keyv.set(id, data, data.cookie.originalMaxAge ?? sessionMs).then(() => done(), done)
  }

  override touch(id: string, data: SessionData, done?: () => void): void {
    this.set(id, data, done)
  }

  override destroy(id: string, done: (error?: unknown) => void = () => undefined): void {
    this.#keyv.delete(id).then(() => done(), done)
  }
}

interface CountingRequest extends IncomingMessage {
  readonly session: { visits?: number; destroy(done: () => void): void }
}

async function startServer(): Promise<{
  visit: (path: string) => Promise<string>
  stop: () => Promise<void>
}> {
  const keyv = new Keyv<SessionData>({
    store: new VarveKeyv5(open('./session-data', { valueEncoding: 'bytes' })),
    namespace: 'session',
    throwOnErrors: true,
  })
  const store = new KeyvSessions(keyv)
  const withSession = session({
    store,
    secret: 'not a secret',
    resave: false,
    saveUninitialized: false,
  }) as unknown as (request: IncomingMessage, response: ServerResponse, next: () => void) => void
  const server = createServer((request, response) => {
    withSession(request, response, () => answer(request as CountingRequest, response))
  })
  const address = await listen(server)
  return {
    visit: (path) => visit(`${address}${path}`),
    stop: async () => {
      await new Promise((resolve) => server.close(resolve))
      await keyv.disconnect()
    },
  }
}

function answer({ url, session }: CountingRequest, response: ServerResponse): void {
  if (url === '/logout') {
    session.destroy(() => response.end('goodbye'))
    return
  }
  session.visits = (session.visits ?? 0) + 1
  response.end(`visit ${session.visits}`)
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A browser with one cookie. */
let cookie = ''
async function visit(address: string): Promise<string> {
  const response = await fetch(address, { headers: { cookie, connection: 'close' } })
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
  return response.text()
}

const first = await startServer()
console.log(await first.visit('/'))
console.log(await first.visit('/'))
await first.stop()

// The server starts again; the browser is still known.
const second = await startServer()
console.log(await second.visit('/'))
console.log(await second.visit('/logout'))
console.log(await second.visit('/'))
await second.stop()

// Prints:
//   visit 1
//   visit 2
//   visit 3
//   goodbye
//   visit 1
