import { describe, expect, test } from 'vitest'
import { commandTable } from '../command-table.ts'
import { hintOf } from './typed-line.ts'

const hint = (line: string): string => hintOf(line, commandTable)

describe('hintOf()', () => {
  test('says what is missing once the command is known', () => {
    expect(hint('pu')).toBe('')
    expect(hint('put')).toBe(' KEY [VALUE] [--stdin]')
    expect(hint('put ')).toBe('KEY [VALUE] [--stdin]')
    expect(hint('put a')).toBe(' [VALUE] [--stdin]')
    expect(hint('put a b')).toBe(' [--stdin]')
    expect(hint('flush')).toBe('')
    expect(hint('')).toBe('')
  })

  test('says what an option takes, and leaves out options that are given', () => {
    expect(hint('scan --limit')).toBe(' COUNT')
    expect(hint('scan --limit 5 ')).not.toContain('--limit')
    expect(hint('put -x ')).toBe('KEY [VALUE]')
    expect(hint('scan --reverse --gte ')).toBe('KEY')
  })

  test('takes everything behind -- as arguments', () => {
    expect(hint('put -- -x ')).toBe('[VALUE] [--stdin]')
  })

  test('is silent inside quotes', () => {
    expect(hint('put "a ')).toBe('')
    expect(hint('put "a b" ')).toBe('[VALUE] [--stdin]')
  })
})
