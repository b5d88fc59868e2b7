/** Waiting for promises that must settle, in virtual time: one that does not is a failure, not a hang. */
import type { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'

const patientTurns = 300
const turnCountMax = 1500
/** Past the patient turns each turn takes this long, so that timers of any delay run. */
const msPerLateTurn = 500

/** What the promise gives. Throws when it does not settle while the event loop turns and timers run. */
export async function settle<T>(promise: Promise<T>, time: VirtualTime, what: string): Promise<T> {
  let isSettled = false
  const settled = (): void => {
    isSettled = true
  }
  promise.then(settled, settled)
  for (let turn = 0; !isSettled; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (turn > patientTurns) time.pass(msPerLateTurn)
    if (turn > turnCountMax) throw new Error(`${what} does not settle`)
  }
  return promise
}
