import { describe, expect, test } from 'vitest'
import { platformBreaks } from './platform.ts'
import { readShippedFiles } from './source-code.ts'

test('files, threads and the process are touched in their own places only', () => {
  expect(readShippedFiles().flatMap(platformBreaks)).toEqual([])
})

describe('the platform check', () => {
  const breaks = (path: string, text: string): string[] => platformBreaks({ path, text })

  test('names the file and the module', () => {
    expect(breaks('src/store/a.ts', "import { openSync } from 'node:fs'")).toEqual([
      'src/store/a.ts imports node:fs, which is for src/fs/, src/cli/',
    ])
    expect(breaks('src/store/a.ts', "import { Worker } from 'node:worker_threads'")).toHaveLength(1)
    expect(breaks('src/fs/a.ts', "import { openSync } from 'node:fs'")).toEqual([])
    expect(breaks('src/store/a.ts', "import { join } from 'node:path'")).toEqual([])
  })

  test('names the use of process', () => {
    const places = 'src/main.ts, src/cli/, src/fs/, src/kernel/kernel-choice.ts'
    const message = `src/store/a.ts uses process, which is for ${places}`
    expect(breaks('src/store/a.ts', 'export const id = process.pid')).toEqual([message])
    expect(breaks('src/store/a.ts', 'export const id = globalThis.process.pid')).toEqual([message])
    expect(breaks('src/store/a.ts', 'stop(process)')).toEqual([message])
    expect(breaks('src/main.ts', 'stop(process)')).toEqual([])
  })

  test('lets the word process stand for other things', () => {
    expect(breaks('src/store/a.ts', '// how we process entries')).toEqual([])
    expect(breaks('src/store/a.ts', 'queue.process()')).toEqual([])
    expect(breaks('src/store/a.ts', 'class Queue { process() {} }')).toEqual([])
    expect(breaks('src/store/a.ts', 'function run(process: () => void) { process() }')).toEqual([])
  })
})
