/** Tidies a folder after processes that died while they tried to lock it. Done by the owner, for looks only. */
import { readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { lockFileName, parseFileName } from './file-names.ts'
import { knockInDirectory } from './local-socket.ts'
import { readLock } from './lock-file.ts'
import { judgeContender } from './lock-judgement.ts'

/** Removes records and sockets on their way to a lock whose makers are dead for certain. Never throws. */
export async function sweepLeftovers(directory: string): Promise<void> {
  try {
    for (const name of readdirSync(directory)) {
      if (await isLeftover(directory, name)) unlinkSync(join(directory, name))
    }
  } catch {
    // Somebody else tidied, or we may not: either way nothing depends on it.
  }
}

async function isLeftover(directory: string, name: string): Promise<boolean> {
  if (parseFileName(name)?.kind !== 'lock') return false
  if (name.startsWith('lock-')) return (await knockInDirectory(directory, name)) === 'silent'
  if (!name.startsWith(`${lockFileName}-`)) return false
  const record = readLock(directory, name)?.record
  return record !== undefined && (await judgeContender(directory, record)) === 'stale'
}
