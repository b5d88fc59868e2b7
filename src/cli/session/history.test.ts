import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { History, historyLengthMax, historyPath } from './history.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-history-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('historyPath()', () => {
  test('follows XDG, and Windows where that is', () => {
    const on = (platform: string, env: Record<string, string>): string =>
      historyPath({ platform, env, homeDirectory: platform === 'win32' ? 'C:\\Users\\a' : '/home/a' })
    expect(on('linux', {})).toBe('/home/a/.local/state/varve/history')
    expect(on('linux', { XDG_STATE_HOME: '/state' })).toBe('/state/varve/history')
    expect(on('linux', { XDG_STATE_HOME: 'not/absolute' })).toBe('/home/a/.local/state/varve/history')
    expect(on('win32', {})).toBe('C:\\Users\\a\\AppData\\Local\\varve\\history')
    expect(on('win32', { LOCALAPPDATA: 'D:\\data' })).toBe('D:\\data\\varve\\history')
  })
})

describe('History', () => {
  const fail = (message: string): never => {
    throw new Error(message)
  }

  test('gives lines back newest first, for the eyes of the owner alone', () => {
    const path = join(folder, 'one', 'history')
    const history = new History(path, fail)
    expect(history.load()).toEqual([])
    for (const line of ['put a 1', 'put a 1', ' secret', '', 'count']) history.add(line)
    expect(new History(path, fail).load()).toEqual(['count', 'put a 1'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'one')).mode & 0o777).toBe(0o700)
  })

  test('closes a file that others could read', () => {
    const path = join(folder, 'open')
    writeFileSync(path, 'put a 1\n', { mode: 0o644 })
    new History(path, fail).load()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('forgets the oldest lines when the file has grown', () => {
    const path = join(folder, 'long')
    const lines = Array.from({ length: 3 * historyLengthMax }, (_, index) => `get ${index}`)
    writeFileSync(path, `${lines.join('\n')}\n`)
    const loaded = new History(path, fail).load()
    expect(loaded).toHaveLength(historyLengthMax)
    expect(loaded[0]).toBe(lines.at(-1))
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(historyLengthMax + 1)
  })

  test('warns once where it cannot be kept, and goes on', () => {
    writeFileSync(join(folder, 'file'), '')
    const warnings: string[] = []
    const history = new History(join(folder, 'file', 'history'), (message) => warnings.push(message))
    expect(history.load()).toEqual([])
    history.add('one')
    history.add('two')
    expect(warnings).toHaveLength(1)
  })
})
