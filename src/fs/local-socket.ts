/**
 * Sockets as proof of life: the kernel closes them when their process dies, however it dies. Nothing is ever
 * said over them; that a connection comes about is the whole message. They keep no process alive.
 */
import { closeSync, constants, existsSync, openSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { systemCodeOf } from '../errors.ts'

/** The system keeps addresses of sockets in 108 bytes (104 on macOS), and longer paths are cut in silence. */
const addressLengthMax = process.platform === 'linux' ? 107 : 103

/** What a knock at a socket told. `silent`: nobody can be behind it. `unknown`: we could not find out. */
export type SocketAnswer = 'answered' | 'silent' | 'missing' | 'unknown'

/** Listens at an address that belongs to no directory. Rejects with `EADDRINUSE` when somebody else does. */
export function listenAt(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.destroy()
    })
    server.once('error', reject)
    // Exclusive: in a worker of node:cluster the primary would otherwise listen once for all of them.
    server.listen({ path: address, exclusive: true }, () => {
      server.off('error', reject)
      // A failure to accept one connection changes nothing: being connected to is enough.
      server.on('error', () => undefined)
      server.unref()
      resolve(server)
    })
  })
}

/** Creates the socket `name` in `directory` and listens at it. */
export function listenInDirectory(directory: string, name: string): Promise<Server> {
  return withShortPath(directory, name, listenAt)
}

/** Finds out whether anybody listens at the socket `name` in `directory`. */
export async function knockInDirectory(directory: string, name: string): Promise<SocketAnswer> {
  if (!existsSync(join(directory, name))) return 'missing'
  return withShortPath(directory, name, knockAt)
}

/** Stops listening. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

function knockAt(address: string): Promise<SocketAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ path: address })
    socket.once('connect', () => {
      socket.destroy()
      resolve('answered')
    })
    socket.once('error', (error) => resolve(answerOf(systemCodeOf(error))))
  })
}

function answerOf(code: string | undefined): SocketAnswer {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return 'silent'
    case 'ENOENT':
      return 'missing'
    // The queue of connections is full: somebody is there, and busy.
    case 'EAGAIN':
      return 'answered'
    default:
      return 'unknown'
  }
}

/** Calls `use` with an address for a socket in a directory, by a detour when its path is too long for one. */
async function withShortPath<Result>(
  directory: string,
  name: string,
  use: (address: string) => Promise<Result>,
): Promise<Result> {
  const path = join(directory, name)
  if (Buffer.byteLength(path) <= addressLengthMax) return use(path)
  if (process.platform === 'linux') {
    const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      return await use(`/proc/self/fd/${descriptor}/${name}`)
    } finally {
      closeSync(descriptor)
    }
  }
  // Not the folder for temporary files of the user: on macOS its path is long itself.
  const detour = await mkdtemp('/tmp/varve-')
  try {
    symlinkSync(directory, join(detour, 'd'))
    return await use(join(detour, 'd', name))
  } finally {
    await rm(detour, { recursive: true, force: true })
  }
}
