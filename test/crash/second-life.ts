/** Opens what a death left and checks every promise, writes a little, dies again, and checks once more. */
import type { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { VirtualTime } from '../support/virtual-time.ts'
import { CommitHistory, type Content } from './commit-history.ts'
import type { CrashState } from './crash-states.ts'
import { type Death, deaths, diskAfter } from './deaths.ts'
import { highestSequenceIn } from './files-of-store.ts'
import { settle } from './settling.ts'
import { contentOf, openSmallStore } from './small-stores.ts'

/** Deaths while a death is recovered from, while a death is recovered from. */
const recoveryDepthMax = 2

/** What checking the states came to, for people. */
export interface DeathToll {
  stateCount: number
  recoveryStateCount: number
  /** States in which less than everything begun was found. */
  shortCount: number
}

export class SecondLife {
  readonly toll: DeathToll = { stateCount: 0, recoveryStateCount: 0, shortCount: 0 }
  readonly #random: SeededRandom
  readonly #recoveryChance: number

  /** `recoveryChance`: how often a recovery dies at an operation. */
  constructor(random: SeededRandom, recoveryChance: number) {
    this.#random = random
    this.#recoveryChance = recoveryChance
  }

  /** Throws when a promise is broken. */
  async check(state: CrashState): Promise<void> {
    await this.#check(state, recoveryDepthMax)
    this.toll.stateCount++
  }

  async #check(state: CrashState, depth: number): Promise<void> {
    try {
      for (const recovery of await this.#live(state, depth)) {
        await this.#check(recovery, depth - 1)
        this.toll.recoveryStateCount++
      }
    } catch (error) {
      throw new Error(`after a death, ${state.death}`, { cause: error })
    }
  }

  /** Opens and uses what a death left. Returns what deaths while it was opened left of that. */
  async #live(state: CrashState, depth: number): Promise<CrashState[]> {
    const seenSequence = await highestSequenceIn(state.disk)
    const recoveries: CrashState[] = []
    let isRecovering = depth > 0
    const disk = state.disk.killed({
      onOperation: ({ name, path }) => {
        if (!isRecovering || name === 'read' || name === 'size') return
        if (this.#random.chance(this.#recoveryChance)) {
          recoveries.push(this.#deadAgain(state, disk, `before ${name} ${path}`))
        }
      },
    })
    const time = new VirtualTime(new SeededRandom(this.#random.upTo(2 ** 31)))
    const store = await settle(openSmallStore(disk, time), time, 'open()')
    const found = await contentOf(store)
    this.#checkContent(state, found)
    const { sequenceNumber } = store.status()
    if (sequenceNumber < seenSequence) {
      throw new Error(`sequence numbers go on from ${sequenceNumber}, but ${seenSequence} is on the disk`)
    }
    isRecovering = false
    await this.#checkThird(await this.#end(store, disk, time, found))
    return recoveries
  }

  #deadAgain(state: CrashState, disk: MemoryFileSystem, where: string): CrashState {
    const death = deaths[this.#random.upTo(2)] as Death
    return {
      ...state,
      disk: diskAfter(disk, death, this.#random),
      promised: death === 'killed' ? state.promised : state.promisedOnDisk,
      death: `${death} while it was opened, ${where}`,
    }
  }

  /** Writes, and ends that life by one of several deaths or by closing. */
  async #end(
    store: LogStructuredStore,
    disk: MemoryFileSystem,
    time: VirtualTime,
    found: Content,
  ): Promise<CrashState> {
    const history = new CommitHistory(found)
    for (const durability of ['os', 'disk', 'os'] as const) {
      const commit = history.begin(
        [
          { key: 'again', value: durability },
          { key: durability, value: '' },
        ],
        durability,
      )
      const batch = store.batch().put('again', durability).put(durability, '')
      await settle(batch.write({ durability }), time, 'write()')
      history.acknowledge(commit)
    }
    const isClosed = this.#random.chance(0.3)
    if (isClosed) {
      await settle(store.close(), time, 'close()')
      history.reachedDisk()
    }
    const death = this.#random.chance(0.5) ? 'killed' : 'posix'
    const left = diskAfter(disk, death, this.#random)
    if (!isClosed) await settle(store.close(), time, 'close()')
    time.stop()
    const { afterKill, afterPowerLoss } = history.promised
    const promised = death === 'killed' ? afterKill : afterPowerLoss
    return {
      disk: left,
      history,
      promised,
      promisedOnDisk: afterPowerLoss,
      begun: 3,
      death: `${death} in its second life`,
    }
  }

  async #checkThird(state: CrashState): Promise<void> {
    const time = new VirtualTime(new SeededRandom(1))
    const store = await settle(openSmallStore(state.disk, time), time, 'the third open()')
    this.#checkContent(state, await contentOf(store))
    await settle(store.close(), time, 'the third close()')
    time.stop()
  }

  #checkContent({ history, promised, begun, death }: CrashState, found: Content): void {
    const count = history.prefixesOf(found, promised, begun).at(-1)
    if (count !== undefined) {
      if (count < begun) this.toll.shortCount++
      return
    }
    const shorter = history.prefixesOf(found, 0, begun).at(-1)
    throw new Error(
      shorter === undefined
        ? `${death}: no prefix of the ${begun} commits (${promised} promised) explains the ${found.length} entries found`
        : `${death}: only ${shorter} commits are there, and ${promised} of ${begun} were promised`,
    )
  }
}
