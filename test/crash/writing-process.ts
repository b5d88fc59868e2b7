/**
 * A process that writes until it is killed: `writing-process DIRECTORY ROUND SEED`. Tells on its output when the
 * store is open, and each write that was acknowledged, as `WRITER NUMBER`. Every writer writes one key after the
 * other, numbered from 0, so that an acknowledged one speaks for all before it.
 */
import { writeSync } from 'node:fs'
import { type Durability, open } from 'varve'
import { SeededRandom } from '../../src/fs/seeded-random.ts'

const [directory = '', round = '', seed = ''] = process.argv.slice(2)
const random = new SeededRandom(Number(seed))
const durabilities: readonly Durability[] = ['os', 'os', 'os', 'disk', 'memory']
const writerCount = 8

const store = await open(directory, {
  memoryBudgetBytes: 16 * 1024 * 1024,
  tuning: {
    arenaSizeBytes: 256 * 1024,
    arenaCountMax: 3,
    segmentSizeBytesMax: 256 * 1024,
    level0RunCount: 2,
  },
})
say('open')
for (let writer = 0; writer < writerCount; writer++) void writeOn(writer)

async function writeOn(writer: number): Promise<void> {
  for (let number = 0; ; number++) {
    const key = `${round}-${writer}-${number}`
    const value = `${key} `.repeat(1 + random.upTo(random.chance(0.1) ? 400 : 20))
    const durability = durabilities[random.upTo(4)] as Durability
    const move = random.upTo(9)
    if (move === 0) store.putSync(key, value, { durability })
    else if (move < 4) await store.batch().put(key, value).put(`latest-${writer}`, key).write({ durability })
    else await store.put(key, value, { durability })
    // Writes of `memory` survive only with a later one.
    if (durability !== 'memory') say(`${writer} ${number}`)
    if (random.chance(0.01)) await store.flush()
    // Some that nobody waits for.
    if (random.chance(0.05)) void store.put(`unawaited-${writer}-${number}`, 'x'.repeat(5000))
  }
}

/** On its way when this returns, whatever happens to the process afterwards. */
function say(line: string): void {
  writeSync(1, `${line}\n`)
}
