/** Whether the owner that a LOCK names still lives: asked at his socket first, then of his pid. */
import { lockSocketName } from './file-names.ts'
import { knockInDirectory } from './local-socket.ts'
import { type FoundLock, type LockRecord, preparedSocketName } from './lock-file.ts'
import { identifyThisProcess, judgeProcess } from './process-identity.ts'

export type LockJudgement = 'held' | 'stale' | 'undecidable'

/** Judges a record that was found in `directory`, in LOCK or in the place of an heir. */
export async function judgeLock(directory: string, found: FoundLock): Promise<LockJudgement> {
  const { record } = found
  const answer = await knockInDirectory(directory, lockSocketName)
  if (answer === 'answered') return 'held'
  if (record === undefined) {
    const isOver = answer === 'silent' || (answer === 'missing' && isLeftByPowerLoss(found))
    return isOver ? 'stale' : 'undecidable'
  }
  return judgeRecord(directory, record, true)
}

/**
 * Whether this is what power loss leaves of a file that was not synced: its name, perhaps its length. A living owner's
 * LOCK is empty only for a moment, where there are no hard links; he notices that he lost it.
 */
function isLeftByPowerLoss({ text }: FoundLock): boolean {
  return /^\0*$/.test(text)
}

/** Judges a record whose owner never got as far as to give his socket the name `lock.sock`. */
export function judgeContender(directory: string, record: LockRecord): Promise<LockJudgement> {
  return judgeRecord(directory, record, false)
}

async function judgeRecord(
  directory: string,
  record: LockRecord,
  mayHaveBell: boolean,
): Promise<LockJudgement> {
  if (record.hasSocket) {
    // First the name that only he ever used: a silent `lock.sock` may be an earlier owner's.
    let answer = await knockInDirectory(directory, preparedSocketName(record.token))
    // Not there any more, so from now on `lock.sock` is his or a later owner's.
    if (answer === 'missing' && mayHaveBell) answer = await knockInDirectory(directory, lockSocketName)
    if (answer === 'answered') return 'held'
    if (answer === 'silent') return 'stale'
  }
  const owner = judgeProcess(record, identifyThisProcess())
  if (owner === 'alive') return 'held'
  return owner === 'dead' ? 'stale' : 'undecidable'
}
