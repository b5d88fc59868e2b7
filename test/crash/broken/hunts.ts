/**
 * What is tried on an engine that is broken in one way: the same lives, deaths and errors as in the other tests of
 * this folder. Bundled with the engine's sources, so that each broken engine is a program of its own.
 */
import { type FaultCode, FaultPlan } from '../../../src/testing/laboratory/fault-plan.ts'
import { CrashToll, liveAtRandomAndDie, liveByTheScriptAndDie, liveShortlyAndDie } from '../crash-lives.ts'
import { surviveFailedSync } from '../failed-sync.ts'
import { FailingLife } from '../failing-life.ts'
import { readManyVersions } from '../many-versions.ts'

export type Hunt =
  | 'random crashes'
  | 'scripted crashes'
  | 'crashes of short lives'
  | 'failing operations'
  | 'failed syncs'
  | 'many versions'

export interface Hunts {
  /** Goes on until a check fails. What was found, or `undefined` when nothing was after so many rounds. */
  hunt(kind: Hunt, roundCountMax: number): Promise<string | undefined>
}

/** Round by round, each of another seed. */
const rounds: Record<Hunt, (round: number) => Promise<unknown>> = {
  'random crashes': (round) =>
    liveAtRandomAndDie(
      { seed: round, compaction: round % 4 < 2 ? 'leveled' : 'size-tiered', moveCount: 40 },
      new CrashToll(),
    ),
  'scripted crashes': (round) =>
    liveByTheScriptAndDie(
      { seed: round, deaths: ['posix'], crashesInRecovery: 0, crashPointCount: 40 },
      new CrashToll(),
    ),
  'crashes of short lives': (round) => liveShortlyAndDie(round, new CrashToll()),
  'failing operations': (round) => failAt(round, round % 2 === 0 ? 'EIO' : 'ENOSPC'),
  'failed syncs': (round) => surviveFailedSync(round % 12, round),
  'many versions': readManyVersions,
}

async function failAt(at: number, code: FaultCode): Promise<void> {
  const plan = new FaultPlan({ at, code, isShort: true })
  await new FailingLife({ plan, isSlow: at % 3 === 0, seed: at }).live()
}

export const hunt: Hunts['hunt'] = async (kind, roundCountMax) => {
  for (let round = 0; round < roundCountMax; round++) {
    try {
      await rounds[kind](round)
    } catch (error) {
      return `round ${round}: ${messagesOf(error)}`
    }
  }
  return undefined
}

function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} <- ${messagesOf(error.cause)}`
}
