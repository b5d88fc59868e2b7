import { expect, test } from 'vitest'
import { untilAborted } from './until-aborted.ts'

const reason = new Error('enough')

test.each(['resolved', 'rejected'])(
  'an abort right after the answer came gives nothing up (%s)',
  async (how) => {
    const abort = new AbortController()
    let isGivenUp = false
    const promise = how === 'resolved' ? Promise.resolve('answer') : Promise.reject(new Error('no'))
    const waited = untilAborted(promise, abort.signal, () => {
      isGivenUp = true
    })
    // Nothing may come between the answer and this: an `await` with more around it would be too late.
    const abortAtOnce = (answer: unknown): unknown => {
      abort.abort(reason)
      return answer
    }
    const answer = await waited.then(abortAtOnce, abortAtOnce)
    expect(isGivenUp).toBe(false)
    expect(answer).toEqual(how === 'resolved' ? 'answer' : new Error('no'))
  },
)

test.each(['before', 'during'])('an abort %s the wait ends it with the reason, and tells', async (when) => {
  const abort = new AbortController()
  let givenUpCount = 0
  if (when === 'before') abort.abort(reason)
  const waited = untilAborted(new Promise(() => undefined), abort.signal, () => {
    givenUpCount++
  })
  abort.abort(reason)
  await expect(waited).rejects.toBe(reason)
  expect(givenUpCount).toBe(1)
})
