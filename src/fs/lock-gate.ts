/**
 * The gate: a socket that stands for a folder by its device and inode, so by whatever path it is reached, and
 * whose address lies in no folder: abstract on Linux, a named pipe on Windows. macOS has neither. Binding it is
 * atomic, and the kernel frees it when the process dies.
 */
import { statSync } from 'node:fs'
import type { Server } from 'node:net'
import { listenAt } from './local-socket.ts'
import { createSystemError } from './system-error.ts'

/**
 * Passes the gate of a folder.
 *
 * @returns what keeps it shut for others until closed; `undefined` where the platform has no such thing.
 * @throws the system's error: `EADDRINUSE` when somebody has passed, `ENOENT` or `ENOTDIR` without a folder.
 */
export async function passGate(directory: string): Promise<Server | undefined> {
  const stats = statSync(directory, { bigint: true })
  if (!stats.isDirectory()) throw createSystemError('ENOTDIR', 'lock', directory)
  const address = gateAddress(`varve-${stats.dev}-${stats.ino}`)
  return address === undefined ? undefined : listenAt(address)
}

function gateAddress(name: string): string | undefined {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  // Filled up to the length of an address: some releases of Node pad shorter names with zeros and some do not,
  // and names of different length do not exclude each other.
  return process.platform === 'linux' ? `\0${name}`.padEnd(108, '-') : undefined
}
