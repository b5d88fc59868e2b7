/** A VersionEdit in words, a sentence a change, for people who look into a manifest. */
import { describeBytes } from '../bytes/describe-bytes.ts'
import type { AddedSegment } from './version.ts'
import type { VersionEdit } from './version-edit.ts'

/** Keys are shown up to this length. */
const shownKeyLength = 32

export function describeEdit(edit: VersionEdit): string[] {
  const { nextFileNumber, flushedSequence, restartSequence, lowestLiveLog, comment } = edit
  const moved = edit.added.filter(({ meta }) => edit.removed.includes(meta.number))
  const isMoved = (number: number): boolean => moved.some(({ meta }) => meta.number === number)
  return [
    ...edit.removed.filter((number) => !isMoved(number)).map((number) => `removes segment ${number}`),
    ...edit.added.map((added) => describeAdded(added, isMoved(added.meta.number))),
    ...(edit.logNumbersAdded ?? []).map((number) => `log ${number} may hold writes from now on`),
    ...sentence(lowestLiveLog || undefined, (number) => `logs below ${number} are no longer needed`),
    ...sentence(
      flushedSequence || undefined,
      (number) => `segments hold everything up to sequence number ${number}`,
    ),
    ...sentence(restartSequence, (number) => `writes go on from sequence number ${number}`),
    ...sentence(nextFileNumber, (number) => `the next file gets number ${number} or higher`),
    ...Object.entries(edit.settings ?? {}).map(([name, value]) => `sets ${name} to ${value}`),
    ...sentence(comment, (text) => `comment: ${text}`),
  ]
}

function describeAdded({ level, run, meta }: AddedSegment, isMoved: boolean): string {
  const place = `run ${run} of level ${level}`
  if (isMoved) return `moves segment ${meta.number} to ${place}`
  const first = describeBytes(meta.smallestKey, shownKeyLength)
  const last = describeBytes(meta.largestKey, shownKeyLength)
  const entries = meta.entryCount === 1 ? '1 entry' : `${meta.entryCount} entries`
  return `adds segment ${meta.number} to ${place}: ${entries} in ${meta.sizeBytes} bytes from ${first} to ${last}`
}

function sentence<T>(value: T | undefined, say: (value: T) => string): string[] {
  return value === undefined ? [] : [say(value)]
}
