import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Host, OutputStream, PagerProcess } from '../host.ts'
import { PagedStream, pagerCommand } from './pager.ts'

describe('pagerCommand()', () => {
  test('is PAGER, else less, else nothing', () => {
    expect(pagerCommand({}, 'linux')).toBe('less -FRX')
    expect(pagerCommand({ PAGER: 'more' }, 'linux')).toBe('more')
    expect(pagerCommand({ PAGER: '' }, 'linux')).toBe(undefined)
    expect(pagerCommand({ PAGER: 'cat' }, 'linux')).toBe(undefined)
    expect(pagerCommand({}, 'win32')).toBe(undefined)
  })
})

describe('PagedStream', () => {
  const textOf = (stream: PassThrough): string => String(stream.read() ?? '')

  function screenWith(pager: PagerProcess | undefined): {
    paged: PagedStream
    screen: PassThrough
    started: string[]
  } {
    const screen: PassThrough & OutputStream = Object.assign(new PassThrough(), {
      isTTY: true,
      rows: 5,
      columns: 10,
    })
    const started: string[] = []
    const host = {
      stdout: screen,
      startPager: async (command: string) => {
        started.push(command)
        return pager
      },
    }
    return { paged: new PagedStream(host as Partial<Host> as Host, 'less'), screen, started }
  }

  const write = (stream: PagedStream, text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()))
    })

  test('shows what fits without a pager', async () => {
    const { paged, screen, started } = screenWith(undefined)
    await write(paged, '1\n2\n')
    await write(paged, '3\n4\n')
    expect(textOf(screen)).toBe('')
    await paged.finish()
    expect(textOf(screen)).toBe('1\n2\n3\n4\n')
    expect(started).toEqual([])
  })

  test('gives everything to the pager once a screen is full, counting wrapped lines', async () => {
    const input = new PassThrough()
    const { paged, screen, started } = screenWith({ input, ended: Promise.resolve() })
    await write(paged, '1\n2\n')
    await write(paged, `${'x'.repeat(25)}\n`)
    await write(paged, 'more\n')
    await paged.finish()
    expect(started).toEqual(['less'])
    expect(textOf(input)).toBe(`1\n2\n${'x'.repeat(25)}\nmore\n`)
    expect(input.writableEnded).toBe(true)
    expect(textOf(screen)).toBe('')
  })

  test('shows everything itself where the pager does not start', async () => {
    const { paged, screen } = screenWith(undefined)
    await write(paged, '1\n2\n3\n4\n5\n6\n')
    await write(paged, '7\n')
    await paged.finish()
    expect(textOf(screen)).toBe('1\n2\n3\n4\n5\n6\n7\n')
  })
})
