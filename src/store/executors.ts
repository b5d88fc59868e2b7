/** Where the flushes and compactions of one store run. */
import { inlineExecutor } from '../worker/inline-executor.ts'
import type { MergeExecutor } from '../worker/merge-executor.ts'
import { workerExecutor } from '../worker/worker-executor.ts'
import type { Components, Settings } from './settings.ts'

export interface Executors {
  /** For what is large: the worker, unless the options or the file system say otherwise. */
  readonly executor: MergeExecutor
  /** For what is not worth a thread. */
  readonly inlineExecutor: MergeExecutor
  readonly runsInWorker: boolean
}

/** `onWarning` is told when there is no worker after all. To be closed, also when the store is not opened. */
export function executorsOf<K, V>(
  settings: Settings,
  { fileSystem: fs, clock, scheduler }: Components<K, V>,
  onWarning: (message: string) => void,
): Executors {
  const inline = inlineExecutor(fs, clock, scheduler)
  const runsInWorker = settings.maintenance !== 'inline' && fs.reachableFromWorkers
  const executor = runsInWorker ? workerExecutor(fs, clock, scheduler, onWarning) : inline
  return { executor, inlineExecutor: inline, runsInWorker }
}

export async function closeExecutors({ executor, inlineExecutor: inline }: Executors): Promise<void> {
  await executor.close()
  await inline.close()
}
