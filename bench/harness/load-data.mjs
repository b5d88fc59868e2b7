/** Makes the store that a workload begins with. */
import { Entries } from '../measure/entries.mjs'
import { Latencies } from '../measure/latencies.mjs'
import { rest } from '../measure/quiet.mjs'
import { writeBatches } from '../workloads/write-loops.mjs'

const batchBytes = 128 * 1024

/**
 * @param {import('../engines/engine.mjs').Engine} engine
 * @param {import('./child.mjs').Job} job
 * @returns {Promise<object>}
 */
export async function loadData(engine, { data, folder, count }) {
  const { valueLength = 100, text = false, crashed = false } = data ?? {}
  const entries = new Entries({ valueLength })
  const store = await engine.open({ folder, durable: false, text, entries, count })
  const size = Math.max(1, Math.min(1000, Math.floor(batchBytes / entries.entryLength)))
  if (text) await writeText(store, entries, count, size)
  else {
    const deadline = Number.POSITIVE_INFINITY
    await writeBatches({ store, entries, total: count, deadline, latencies: new Latencies() }, size)
  }
  if (crashed) process.kill(process.pid, 'SIGKILL')
  // Otherwise what an engine does at leisure would fall into the first workload that reads.
  await rest(store)
  await store.close()
  return {}
}

/**
 * @param {import('../engines/engine.mjs').Store} store
 * @param {Entries} entries
 * @param {number} count
 * @param {number} size
 */
async function writeText(store, entries, count, size) {
  for (let number = 0; number < count; number += size) {
    const numbers = Array.from({ length: Math.min(size, count - number) }, (_, i) => number + i)
    await store.putBatch(
      numbers.map((each) => entries.textKey(each)),
      numbers.map((each) => entries.textValue(each)),
    )
  }
}
