/**
 * The maintenance thread as the main thread sees it: started once, it does jobs until it is stopped or dies. It
 * never prints, and never keeps the process alive by itself: only jobs that somebody waits for do.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { LaneMessage, WorkerMessage, WorkerStart } from './messages.ts'

/** Starts a thread. Replaceable, so that a test can start one that fails. */
export type StartWorker = (start: WorkerStart) => Worker

/**
 * Its code is one file beside this one. Bundlers that know the expression copy that file and put its new address here;
 * inside `new Worker()` some would build it anew. The thread's output is kept from the process's own, and never read.
 */
export const startMaintenanceWorker: StartWorker = (start) => {
  const address = new URL('./maintenance-worker.cjs', import.meta.url)
  return new Worker(address, {
    name: 'varve maintenance',
    workerData: start,
    transferList: [start.port],
    stdout: true,
    stderr: true,
    execArgv: [],
    // A merge makes few objects; the usual young generation would only spread over memory.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
}

export interface MaintenanceThreadEvents {
  onMessage(message: WorkerMessage): void
  /** The thread is gone. Comes once, after all messages that it sent, unless it was stopped. */
  onDeath(cause: unknown): void
}

export class MaintenanceThread {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #events: MaintenanceThreadEvents
  readonly #exited: Promise<void>
  #isOver = false
  #hasStarted = false
  #error: unknown

  /** Throws when the platform refuses to start a thread; when it fails to start later on, that is its death. */
  constructor(startWorker: StartWorker, events: MaintenanceThreadEvents) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#events = events
    this.#worker = startWorker({ port: port2 })
    port1.on('message', (message: WorkerMessage) => this.#receive(message))
    this.#worker.on('error', (error) => {
      this.#error = error
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#die(this.#error ?? new Error(`the thread ended with code ${code}`))
        resolve()
      })
    })
    this.#worker.unref()
    port1.unref()
  }

  /** Whether it has come so far as to do jobs. */
  get hasStarted(): boolean {
    return this.#hasStarted
  }

  post(message: LaneMessage): void {
    this.#port.postMessage(message)
  }

  /** Whether the process stays alive while it waits for this thread. */
  keepAlive(isKept: boolean): void {
    if (this.#isOver) return
    if (isKept) {
      this.#worker.ref()
      this.#port.ref()
    } else {
      this.#worker.unref()
      this.#port.unref()
    }
  }

  /** Deals with all messages that have come, without a turn of the event loop. */
  drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: WorkerMessage } | undefined
      if (received === undefined) return
      this.#receive(received.message)
    }
  }

  /** Ends the thread wherever it is; returns when it is gone. */
  async stop(): Promise<void> {
    this.#isOver = true
    this.#port.close()
    // Otherwise a process that has nothing else to do would end before this call returns.
    this.#worker.ref()
    void this.#worker.terminate()
    await this.#exited
  }

  #receive(message: WorkerMessage): void {
    this.#hasStarted = true
    this.#events.onMessage(message)
  }

  #die(cause: unknown): void {
    if (this.#isOver) return
    this.drain()
    this.#isOver = true
    this.#port.close()
    this.#events.onDeath(cause)
  }
}
