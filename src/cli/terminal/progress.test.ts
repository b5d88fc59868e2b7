import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { OutputStream } from '../host.ts'
import { Progress } from './progress.ts'
import { Talk } from './talk.ts'
import { styleOf } from './text-style.ts'

function talkOn(isTTY: boolean, isQuiet: boolean = false): { talk: Talk; shown: () => string } {
  const stream: PassThrough & OutputStream = Object.assign(new PassThrough(), { isTTY, columns: 200 })
  const talk = new Talk(stream, styleOf(stream, { NO_COLOR: '1' }, undefined), isQuiet)
  return { talk, shown: () => String(stream.read() ?? '') }
}

function clockAt(): { monotonicMs: () => number; wallTimeMs: () => number; now: number } {
  const clock = { now: 0, monotonicMs: () => clock.now, wallTimeMs: () => 0 }
  return clock
}

describe('Progress', () => {
  test('draws a bar, rates and what is left, at most ten times a second', () => {
    const { talk, shown } = talkOn(true)
    const clock = clockAt()
    const progress = new Progress(talk, clock, 'importing', 10 * 1024 * 1024)
    clock.now = 2_000
    progress.update(5_000, 2.5 * 1024 * 1024, 2.5 * 1024 * 1024)
    expect(stripVTControlCharacters(shown())).toBe(
      '\rimporting ██████░░░░░░░░░░░░░░░░░░ 25 %  5,000 entries  2,500/s  1.25 MiB/s  6 s left',
    )
    clock.now = 2_050
    progress.update(6_000, 3_000_000, 3_000_000)
    expect(shown()).toBe('')
    progress.end()
    expect(shown()).toBe('\r\x1b[2K')
  })

  test('does without a bar where the end is unknown', () => {
    const { talk, shown } = talkOn(true)
    const progress = new Progress(talk, clockAt(), 'importing', undefined)
    progress.update(1, 10, 10)
    expect(stripVTControlCharacters(shown())).toMatch(/^\rimporting {2}1 entries {2}10 B/)
  })

  test('is silent where nobody watches', () => {
    for (const { talk, shown } of [talkOn(false), talkOn(true, true)]) {
      const progress = new Progress(talk, clockAt(), 'importing', 10)
      progress.update(1, 10, 10)
      progress.end()
      expect(shown()).toBe('')
    }
  })
})

test('a line that is said does not run into the one that is redrawn', () => {
  const { talk, shown } = talkOn(true)
  talk.showPassing('half way')
  talk.warn('look')
  expect(shown()).toBe('\r\x1b[2Khalf way\r\x1b[2Kwarning: look\n\r\x1b[2Khalf way')
})
