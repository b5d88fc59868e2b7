import { describe, expect, test } from 'vitest'
import {
  closedFileName,
  currentFileName,
  joinPath,
  lockFileName,
  lockSocketName,
  logFileName,
  manifestFileName,
  parseFileName,
  segmentFileName,
  temporaryFileName,
} from './file-names.ts'

describe('parseFileName()', () => {
  test('gives back the number of every numbered name, six digits or more', () => {
    for (const number of [0, 1, 12, 999_999, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      expect(parseFileName(logFileName(number))).toEqual({ kind: 'log', number })
      expect(parseFileName(segmentFileName(number))).toEqual({ kind: 'segment', number })
      expect(parseFileName(manifestFileName(number))).toEqual({ kind: 'manifest', number })
    }
    expect([logFileName(12), segmentFileName(13), manifestFileName(1)]).toEqual([
      '000012.log',
      '000013.seg',
      'MANIFEST-000001',
    ])
  })

  test('knows the names without numbers', () => {
    expect(parseFileName(currentFileName)).toEqual({ kind: 'current' })
    expect(parseFileName(closedFileName)).toEqual({ kind: 'closed' })
    expect(parseFileName(temporaryFileName(currentFileName))).toEqual({ kind: 'temporary' })
    expect(parseFileName(temporaryFileName(closedFileName))).toEqual({ kind: 'temporary' })
    for (const name of [
      lockFileName,
      lockSocketName,
      'LOCK-0123456789abcdef',
      'lock-0123456789abcdef.sock',
    ]) {
      expect(parseFileName(name)).toEqual({ kind: 'lock' })
    }
  })

  test('does not know what Varve never writes', () => {
    const strangers = [
      '',
      'notes.txt',
      '12.log',
      '0000012.log',
      '000012.LOG',
      '000012.log.bak',
      '000012',
      '00001a.seg',
      'MANIFEST-12',
      'MANIFEST-000012.log',
      'manifest-000001',
      'current',
      'LOCKED',
      '99999999999999999999.log',
      '9999999999999999.log',
      '000001.log\n',
    ]
    for (const name of strangers) expect(parseFileName(name), name).toBeUndefined()
  })
})

test('joinPath() puts one separator between directory and name', () => {
  expect(joinPath('/data', 'LOCK')).toBe('/data/LOCK')
  expect(joinPath('/data/', 'LOCK')).toBe('/data/LOCK')
  expect(joinPath('/', 'LOCK')).toBe('/LOCK')
  expect(joinPath('C:\\data', 'LOCK')).toBe('C:\\data/LOCK')
})
