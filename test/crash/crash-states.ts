/** Takes copies of a disk as a death at some operation may leave it, with what was promised by then. */
import type { FileOperation } from '../../src/fs/file-operation.ts'
import type { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import type { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { CommitHistory } from './commit-history.ts'
import { type Death, deaths, diskAfter } from './deaths.ts'
import type { TestedStore } from './tested-store.ts'

export interface CrashState {
  readonly disk: MemoryFileSystem
  readonly history: CommitHistory
  /** At least so many commits are there. */
  readonly promised: number
  /** At least so many stay there when the power fails before the store is open again. */
  readonly promisedOnDisk: number
  /** At most so many are: later ones had not begun. */
  readonly begun: number
  /** How and where it died. */
  readonly death: string
}

export class CrashRecorder {
  readonly states: CrashState[] = []
  operationCount = 0
  readonly #random: SeededRandom
  readonly #chance: number
  #deathCount = 0

  /** Takes a copy at an operation with the given chance, after one death and the other in turn. */
  constructor(random: SeededRandom, chance: number) {
    this.#random = random
    this.#chance = chance
  }

  /** Before an operation of the tested store's disk. Reading changes nothing, so nobody dies there. */
  note(operation: FileOperation, tested: TestedStore): void {
    const { name, path, sequence } = operation
    if (name === 'read' || name === 'size') return
    this.operationCount++
    if (!this.#random.chance(this.#chance)) return
    const death = deaths[this.#deathCount++ % deaths.length] as Death
    this.states.push(this.#stateOf(tested, death, `before ${name} ${path} (${sequence})`))
  }

  /** States between operations. */
  noteNow(tested: TestedStore): void {
    for (const death of deaths) this.states.push(this.#stateOf(tested, death, 'between operations'))
  }

  #stateOf(tested: TestedStore, death: Death, where: string): CrashState {
    const { history, disk } = tested
    const { afterKill, afterPowerLoss } = history.promised
    const promisedOnDisk = Math.max(afterPowerLoss, tested.claimedOnDisk())
    return {
      disk: diskAfter(disk, death, this.#random),
      history,
      promised: death === 'killed' ? Math.max(afterKill, promisedOnDisk) : promisedOnDisk,
      promisedOnDisk,
      begun: history.commits.length,
      death: `${death} ${where}`,
    }
  }
}
