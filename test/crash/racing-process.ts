/**
 * Four threads that all want to open one store at once: `racing-process DIRECTORY`. Each says on the output how that
 * went, `open` or `locked`, and the one that has it writes a key and says `wrote KEY`. All stay until they are killed.
 */
import { writeSync } from 'node:fs'
import { isMainThread, threadId, Worker, workerData } from 'node:worker_threads'
import { LockedError, open } from 'varve'

const threadCount = 4

if (isMainThread) {
  for (let i = 0; i < threadCount; i++) new Worker(new URL(import.meta.url), { workerData: process.argv[2] })
} else {
  await race(String(workerData))
}

async function race(directory: string): Promise<void> {
  try {
    const store = await open(directory, { memoryBudgetBytes: 16 * 1024 * 1024 })
    say('open')
    const key = `${process.pid}-${threadId}`
    await store.put(key, 'x')
    say(`wrote ${key}`)
  } catch (error) {
    say(error instanceof LockedError ? 'locked' : `failed ${String(error)}`)
  }
  setInterval(() => undefined, 1000)
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}
