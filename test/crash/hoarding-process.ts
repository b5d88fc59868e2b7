/**
 * A process that writes, and keeps ever more memory until the system of JavaScript ends it for that:
 * `hoarding-process DIRECTORY`. Says the number of each write that was acknowledged.
 */
import { writeSync } from 'node:fs'
import { open } from 'varve'

const store = await open(process.argv[2] ?? '', {
  memoryBudgetBytes: 16 * 1024 * 1024,
  tuning: { arenaSizeBytes: 256 * 1024, arenaCountMax: 3, level0RunCount: 2 },
})
const hoard: object[] = []
for (let number = 0; ; number++) {
  await store.put(`k${number}`, `${number} `.repeat(100))
  writeSync(1, `${number}\n`)
  for (let i = 0; i < 500; i++) hoard.push({ number, i, text: `${number} ${i}` })
}
