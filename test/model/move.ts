/** One thing that a model run may do next, and how often compared with the others. */
import type { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { Twin } from './twin.ts'

export interface Move {
  readonly name: string
  readonly weight: number
  /** Does it to the store and to the oracle, and throws when they do not agree. */
  readonly make: (twin: Twin) => Promise<void>
}

/** One of the moves, by weight. */
export function chooseMove(moves: readonly Move[], random: SeededRandom): Move {
  let place = random.fraction() * moves.reduce((sum, { weight }) => sum + weight, 0)
  for (const move of moves) {
    place -= move.weight
    if (place < 0) return move
  }
  return moves[0] as Move
}
