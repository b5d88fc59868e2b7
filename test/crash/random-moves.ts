/** Random moves of a tested store: writes of all kinds, several at a time, and everything that moves files. */
import type { Durability } from '../../src/store/key-value-store.ts'
import { type Death, deaths } from '../../src/testing/laboratory/death.ts'
import type { Change } from './commit-history.ts'
import type { TestedStore } from './tested-store.ts'

const keyCount = 40
const durabilities: readonly Durability[] = ['memory', 'os', 'os', 'disk']

export interface MoveOptions {
  /** Batches of more than two mebibytes, which are written without blocking. */
  readonly hasLargeBatches: boolean
}

export async function makeRandomMove(tested: TestedStore, options: MoveOptions): Promise<void> {
  const { random } = tested
  const move = random.upTo(109)
  if (move < 30) void tested.write([change(tested)], durability(tested))
  else if (move < 45) void tested.write(changes(tested), durability(tested))
  else if (move < 55) tested.writeSync(changes(tested), durability(tested))
  else if (move < 60) void tested.write(filling(tested), durability(tested))
  else if (move < 70) await tested.finishWrites()
  else if (move < 78) await new Promise((resolve) => setImmediate(resolve))
  else if (move < 83) tested.time.pass(random.chance(0.5) ? 1100 : 3000)
  else if (move < 88) await tested.flush()
  else if (move < 91) await tested.compact()
  else if (move < 94) await tested.clear(`k${random.upTo(3)}`, durability(tested))
  else if (move < 96) await tested.reopen()
  else if (move < 99) await tested.die(deaths[random.upTo(deaths.length - 1)] as Death)
  else if (move < 103) await tested.takeSnapshot()
  else if (move < 106) await tested.checkReads()
  else if (options.hasLargeBatches) void tested.write(largeBatch(tested), durability(tested))
}

function durability(tested: TestedStore): Durability {
  return durabilities[tested.random.upTo(durabilities.length - 1)] as Durability
}

function key(tested: TestedStore): string {
  const number = tested.random.upTo(keyCount - 1)
  return `k${number % 4}-${number}`
}

function change(tested: TestedStore): Change {
  if (tested.random.chance(0.25)) return { key: key(tested), value: undefined }
  return { key: key(tested), value: tested.newValue(8 + tested.random.upTo(60)) }
}

function changes(tested: TestedStore): Change[] {
  return Array.from({ length: 1 + tested.random.upTo(7) }, () => change(tested))
}

/** As much as fills a part of a MemTable. */
function filling(tested: TestedStore): Change[] {
  return Array.from({ length: 4 }, () => ({ key: key(tested), value: tested.newValue(2500) }))
}

function largeBatch(tested: TestedStore): Change[] {
  return Array.from({ length: 17 }, () => ({ key: key(tested), value: tested.newValue(130_000) }))
}
