/** The entry of the maintenance thread: flushes and compactions of all stores of the process, on the real disk. */
import { workerData } from 'node:worker_threads'
import { nodeFiles } from '../fs/node-files.ts'
import { systemClock } from '../time/clock.ts'
import { systemScheduler } from '../time/scheduler.ts'
import type { LaneMessage, WorkerMessage, WorkerStart } from './messages.ts'
import { touchPages } from './touch-pages.ts'
import { WorkerJobs } from './worker-jobs.ts'

const { port } = workerData as WorkerStart
const post = (message: WorkerMessage): void => port.postMessage(message)
const jobs = new WorkerJobs(nodeFiles, systemClock, systemScheduler, post)

port.on('message', (message: LaneMessage) => {
  if (message.type === 'run') jobs.take(message)
  else touchPages(message)
})
post({ type: 'ready' })
