/** Says of entries, in the order of their keys, whether a lost one may have replaced or deleted them. */
import { compareBytes } from '../bytes/compare-bytes.ts'
import type { EntryView } from '../entry/entry.ts'
import type { LostKeys, LostRange } from './repair-report.ts'

export class Doubts {
  /** By where they begin; those that begin with the first key come first. */
  readonly #coming: LostRange[]
  #current: LostRange[] = []

  constructor(lost: readonly LostRange[]) {
    this.#coming = [...lost].sort((a, b) => compareBytes(lowerOf(a.keys), lowerOf(b.keys)))
  }

  /** Keys ascend from call to call. */
  mayBeOutdated({ keyBytes, keyStart, keyLength, sequenceNumber }: EntryView): boolean {
    if (this.#coming.length === 0 && this.#current.length === 0) return false
    const key = keyBytes.subarray(keyStart, keyStart + keyLength)
    for (let next = this.#coming[0]; next !== undefined; next = this.#coming[0]) {
      if (compareBytes(lowerOf(next.keys), key) > 0) break
      this.#current.push(next)
      this.#coming.shift()
    }
    this.#current = this.#current.filter(({ keys }) => !endsBefore(keys, key))
    return this.#current.some(
      ({ keys, newestSequence }) =>
        !beginsAfter(keys, key) && (newestSequence === undefined || sequenceNumber < newestSequence),
    )
  }
}

const noKey = new Uint8Array(0)

function lowerOf({ gt, gte }: LostKeys): Uint8Array {
  return gt ?? gte ?? noKey
}

function beginsAfter({ gt }: LostKeys, key: Uint8Array): boolean {
  return gt !== undefined && compareBytes(gt, key) >= 0
}

function endsBefore({ lt, lte }: LostKeys, key: Uint8Array): boolean {
  return (lt !== undefined && compareBytes(lt, key) <= 0) || (lte !== undefined && compareBytes(lte, key) < 0)
}
