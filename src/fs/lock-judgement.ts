/** Whether the owner that a LOCK names still lives: asked at his socket first, then of his pid. */
import { lockSocketName } from './file-names.ts'
import { knockInDirectory, type SocketAnswer } from './local-socket.ts'
import { type FoundLock, preparedSocketName } from './lock-file.ts'
import { identifyThisProcess, judgeProcess } from './process-identity.ts'

export type LockJudgement = 'held' | 'stale' | 'undecidable'

/** How to find out whether somebody listens at a socket of the folder, by its name. */
export type Knock = (name: string) => Promise<SocketAnswer>

/** Judges a LOCK that was found in `directory`. */
export function judgeLock(directory: string, found: FoundLock): Promise<LockJudgement> {
  return judgeLockBy((name) => knockInDirectory(directory, name), found)
}

/** The same with another way to knock. */
export async function judgeLockBy(knock: Knock, found: FoundLock): Promise<LockJudgement> {
  const { record } = found
  let answer = await knock(lockSocketName)
  if (answer === 'answered') return 'held'
  if (record === undefined) return answer === 'silent' ? 'stale' : 'undecidable'

  if (record.hasSocket) {
    // A silent `lock.sock` may be an earlier owner's: this one may not have given his socket the name yet.
    const early = await knock(preparedSocketName(record.token))
    if (early === 'answered') return 'held'
    if (early === 'silent') return 'stale'
    // So he has, or is long gone: from now on `lock.sock` is his or a later owner's.
    answer = await knock(lockSocketName)
    if (answer === 'answered') return 'held'
    if (answer === 'silent') return 'stale'
  }
  const process = judgeProcess(record, identifyThisProcess())
  if (process === 'alive') return 'held'
  return process === 'dead' ? 'stale' : 'undecidable'
}
