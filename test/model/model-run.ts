/**
 * A run of random moves on a store and on the oracle. Whatever they disagree on ends it with an error that says
 * how to repeat it and what the last moves were.
 */
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { checkSame } from '../../src/testing/checks.ts'
import { chooseMove, type Move } from './move.ts'
import { type OptionSet, optionSets } from './option-sets.ts'
import { readerMoves } from './reader-moves.ts'
import { reads } from './reads.ts'
import type { RunReport } from './run-report.ts'
import { readToEnd } from './scans.ts'
import { Twin } from './twin.ts'
import { upkeepMoves } from './upkeep-moves.ts'
import { writes } from './writes.ts'

export interface ModelRun {
  readonly options: OptionSet
  readonly seed: number
  readonly moveCount: number
  /** An empty folder, where the run is on the real file system. */
  readonly path: string
  /** Filled in as the run goes on. */
  readonly report: RunReport
}

const moves: readonly Move[] = [...writes, ...reads, ...readerMoves, ...upkeepMoves]
const rememberedMoveCount = 12

export async function runModel({ options, seed, moveCount, path, report }: ModelRun): Promise<void> {
  // Each option set has a history of its own.
  const random = new SeededRandom(seed + optionSets.indexOf(options) * 7919)
  const twin = new Twin(options, random, report, path)
  const made: string[] = []
  try {
    await twin.open()
    for (let count = 0; count < moveCount; count++) {
      const move = chooseMove(moves, random)
      report.moves++
      made.push(`${report.moves} ${move.name}`)
      if (made.length > rememberedMoveCount) made.shift()
      await move.make(twin)
      twin.checkBackground()
    }
    made.push('the end of the run')
    await checkEnd(twin)
    await twin.close()
  } catch (error) {
    const problem = error instanceof Error ? `${error.message}${causeOf(error)}` : String(error)
    const where = `the run "${options.name}" with VARVE_SEED=${seed} failed in move ${made.at(-1)}`
    throw new Error(`${where}: ${problem}\nThe last moves: ${made.join(', ')}`, { cause: error })
  } finally {
    twin.time.stop()
  }
}

/** Everything is as it should be, also after opening it again, and all of it can be removed. */
async function checkEnd(twin: Twin): Promise<void> {
  await twin.finishLater()
  await twin.readers.closeAll()
  await checkAll(twin)
  await twin.reopen()
  await checkAll(twin)
  await twin.store.clear()
  await twin.store.compact()
  checkSame(await twin.store.keys().nextMany(1), [], 'the keys after clearing everything')
  const { levels } = twin.store.status()
  checkSame(
    levels.flatMap(({ segments }) => segments),
    [],
    'the segments after clearing and compacting',
  )
}

async function checkAll({ store, oracle }: Twin): Promise<void> {
  const entries = await readToEnd(oracle.entries(), 0)
  checkSame(await readToEnd(store.entries(), 1), entries, 'the whole content')
  checkSame(
    await readToEnd(store.entries({ reverse: true }), 0),
    entries.reverse(),
    'the whole content, reversed',
  )
  checkSame((await store.check()).problems, [], 'what check() complains of')
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? ` (${cause.message})` : ''
}
