/**
 * Waits until an engine has finished what it does in the background, the same way for every engine: no thread that
 * it started runs, waits for a processor or waits for the disk, little CPU is used, and the engine itself (where it
 * can tell) says that it is idle. The clock stops at the last moment that was not quiet.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Threads that were there before any engine was: those that compile and collect garbage for V8. */
const ownThreads = new Set(process.platform === 'linux' ? readdirSync('/proc/self/task') : [])

const pollMs = 10
const quietMs = 150
const leisureMs = 3000
const settleMsMax = 3_600_000

/**
 * @param {{ busy?: () => boolean }} engine
 * @returns {Promise<{ ms: number, cpuUs: number, isSettled: boolean }>} what it took, the last quiet wait not counted
 */
export async function settle(engine) {
  const start = performance.now()
  const cpuStart = process.cpuUsage()
  let lastBusy = { at: start, cpuUs: 0 }
  let cpuBefore = 0
  for (;;) {
    await sleep(pollMs)
    const now = performance.now()
    const { user, system } = process.cpuUsage(cpuStart)
    const cpuUs = user + system
    const isBusy = cpuUs - cpuBefore > pollMs * 300 || otherThreadsWork() || engine.busy?.() === true
    cpuBefore = cpuUs
    if (isBusy) lastBusy = { at: now, cpuUs }
    const isSettled = now - lastBusy.at >= quietMs
    if (isSettled || now - start > settleMsMax) {
      return { ms: lastBusy.at - start, cpuUs: lastBusy.cpuUs, isSettled }
    }
  }
}

/**
 * Lets an engine do what it does when nobody has written for a while, and waits until that is done, too.
 *
 * @param {{ busy?: () => boolean }} engine
 */
export async function rest(engine) {
  await sleep(leisureMs)
  await settle(engine)
}

/** Whether a thread that an engine started is running, ready to run, or in a call to the disk. */
function otherThreadsWork() {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc/self/task').some(
    (thread) => !ownThreads.has(thread) && /[RD]/.test(stateOf(thread)),
  )
}

/** @param {string} thread */
function stateOf(thread) {
  try {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1')
    return stat.charAt(stat.lastIndexOf(')') + 2)
  } catch {
    return '' // The thread has ended meanwhile.
  }
}
