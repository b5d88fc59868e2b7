/** Runs a job in a process of its own, with a limit on its time. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** @typedef {import('./child.mjs').Job} Job */
/** @typedef {{ ok: true, version?: string, result?: any } | { ok: false, error: string }} Answer */

const child = fileURLToPath(new URL('./child.mjs', import.meta.url))
const errorLengthMax = 2000

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/**
 * @param {Job} job
 * @param {number} limitMs after which the process is killed
 * @returns {Promise<Answer>}
 */
export function runJob(job, limitMs) {
  return new Promise((resolve) => {
    const started = fork(child, [JSON.stringify(job)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    running.add(started)
    let errors = ''
    /** @type {Answer | undefined} */
    let answer
    let isTooLate = false
    const timer = setTimeout(() => {
      isTooLate = true
      started.kill('SIGKILL')
    }, limitMs)
    started.stderr?.on('data', (/** @type {Buffer} */ data) => {
      errors = (errors + data.toString()).slice(-errorLengthMax)
    })
    started.on('message', (message) => {
      answer = /** @type {Answer} */ (message)
    })
    started.on('close', (code, signal) => {
      clearTimeout(timer)
      running.delete(started)
      if (answer !== undefined) resolve(answer)
      else if (job.data?.crashed && signal === 'SIGKILL' && !isTooLate) resolve({ ok: true })
      else if (isTooLate) resolve({ ok: false, error: `stopped after ${limitMs / 1000} s` })
      else
        resolve({
          ok: false,
          error: `ended with ${signal ?? code}: ${errors.trim().split('\n').at(-1) ?? ''}`,
        })
    })
  })
}

/** Ends what runs; for the end of the whole. */
export function stopJobs() {
  for (const each of running) each.kill('SIGKILL')
}
