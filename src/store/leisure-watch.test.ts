import { beforeEach, expect, test } from 'vitest'
import { StillTime } from '../../test/support/still-time.ts'
import { type Leisure, LeisureWatch } from './leisure-watch.ts'

let time: StillTime
let readCount: number
let seen: Leisure[]
let watch: LeisureWatch

beforeEach(() => {
  time = new StillTime()
  readCount = 0
  seen = []
  watch = new LeisureWatch({
    scheduler: time,
    readCount: () => readCount,
    onLeisure: (leisure) => seen.push(leisure),
  })
})

test('a store that nobody uses is calm after two seconds, and is told so once', () => {
  time.pass(1999)
  expect(seen).toEqual([])
  time.pass(1)
  expect(seen).toEqual(['calm'])
  time.pass(60_000)
  expect(seen).toEqual(['calm'])
})

test('there is no leisure while somebody writes, and two seconds without writes come before it', () => {
  for (let i = 0; i < 10; i++) {
    watch.noteWrite()
    time.pass(1900)
  }
  expect(seen).toEqual([])
  time.pass(700)
  expect(seen).toEqual(['calm'])
})

test('a write ends it, and it comes again', () => {
  time.pass(2000)
  watch.noteWrite()
  watch.noteWrite()
  expect(seen).toEqual(['calm', 'none'])
  time.pass(2499)
  expect(seen).toEqual(['calm', 'none'])
  time.pass(1)
  expect(seen).toEqual(['calm', 'none', 'calm'])
})

test('a store that is read a lot is idle, and calm only when that is over', () => {
  for (let i = 0; i < 10; i++) {
    readCount += 501
    time.pass(500)
  }
  expect(seen).toEqual(['idle'])
  readCount += 500
  time.pass(500)
  expect(seen).toEqual(['idle', 'calm'])
})

test('writes end it while it is read a lot, too', () => {
  time.pass(1500)
  readCount += 501
  time.pass(500)
  expect(seen).toEqual(['idle'])
  watch.noteWrite()
  expect(seen).toEqual(['idle', 'none'])
  time.pass(2500)
  expect(seen).toEqual(['idle', 'none', 'calm'])
})

test('nothing is noticed after it was stopped', () => {
  time.pass(2000)
  watch.stop()
  watch.noteWrite()
  time.pass(5000)
  expect(seen).toEqual(['calm'])
})
