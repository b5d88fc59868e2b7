/** Watching a store at work: events, a logger, and the status. */
import { type Logger, open } from 'varve'

// Anything with these four methods will do; pino's loggers have them: `open(path, { logger: pino() })`.
const logger: Logger = {
  debug: () => {},
  info: (_fields, message) => console.log(`info: ${message}`),
  warn: (_fields, message) => console.log(`warn: ${message}`),
  error: (_fields, message) => console.log(`error: ${message}`),
}

const store = await open('./events-data', { logger })

store.on('flushBegin', ({ entryCount }) => console.log(`flush of ${entryCount} entries`))
store.on('flushEnd', ({ segments }) => console.log(`wrote ${segments.length} segment`))
store.on('stallBegin', ({ cause }) => console.log(`writes wait for ${cause}`))
store.on('full', () => console.log('the disk is full'))
store.on('error', ({ error, fatal }) => console.log(fatal ? 'reopen the store' : 'tried again', error))

for (let i = 0; i < 500; i += 1) await store.put(`key ${i}`, 'x'.repeat(100))
await store.flush()

const { state, sequenceNumber, levels, flushes, stalls } = store.status()
console.log({ state, sequenceNumber, segments: levels[0]?.segments.length })
console.log({ flushes: flushes.count, stalls: stalls.count })

const report = await store.check()
console.log({ ok: report.ok, problems: report.problems })

await store.close()

// Prints:
//   flush of 500 entries
//   wrote 1 segment
//   { state: 'open', sequenceNumber: 500, segments: 1 }
//   { flushes: 1, stalls: 0 }
//   { ok: true, problems: [] }
