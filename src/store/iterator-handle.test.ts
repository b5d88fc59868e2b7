import { describe, expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../errors.ts'
import { FillState, type ItemSource, IteratorHandle, type IteratorParts } from './iterator-handle.ts'

/**
 * Numbers from 0 to before `length`, which arrive in blocks: the first number of each block has to be loaded.
 * Asynchronous loads wait until the test lets them go on.
 */
class BlockSource implements ItemSource<number> {
  readonly calls: string[] = []
  readonly #length: number
  readonly #blockLength: number
  #next = 0
  #loaded = 0
  #waiting: ((error?: Error) => void)[] = []
  failure: Error | undefined

  constructor(length: number, blockLength: number) {
    this.#length = length
    this.#blockLength = blockLength
  }

  fill(items: number[], count: number): FillState {
    while (items.length < count) {
      if (this.#next >= this.#length) {
        this.calls.push('end')
        return FillState.end
      }
      if (this.#next >= this.#loaded) return FillState.pending
      items.push(this.#next++)
    }
    return FillState.filled
  }

  async load(): Promise<void> {
    this.calls.push('load')
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push((error) => (error ? reject(error) : resolve()))
    })
    this.loadBlock()
  }

  loadSync(): void {
    this.calls.push('loadSync')
    if (this.failure) throw this.failure
    this.loadBlock()
  }

  loadBlock(): void {
    this.#loaded = (Math.floor(this.#next / this.#blockLength) + 1) * this.#blockLength
  }

  seek(target: Uint8Array): void {
    this.#next = target[0] as number
    this.#loaded = 0
  }

  close(): void {
    this.calls.push('close')
  }

  /** Lets the load that waits end, after microtasks had their turn to begin one. */
  async goOn(error?: Error): Promise<void> {
    await turn()
    this.#waiting.shift()?.(error)
    await turn()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function open(
  source: BlockSource,
  parts: Partial<IteratorParts<number, number>> = {},
): IteratorHandle<number, number> {
  return new IteratorHandle<number, number>({
    source,
    limit: Number.POSITIVE_INFINITY,
    signal: undefined,
    encodeTarget: (target) => Uint8Array.of(target),
    onClose: () => source.calls.push('onClose'),
    ...parts,
  })
}

describe('nextMany()', () => {
  test('loads and goes on until it has what was asked for', async () => {
    const source = new BlockSource(5, 2)
    const iterator = open(source)
    const first = iterator.nextMany(3)
    await source.goOn()
    await source.goOn()
    expect(await first).toEqual([0, 1, 2])
    expect(await iterator.nextMany(1)).toEqual([3])
    const last = iterator.nextMany(9)
    await source.goOn()
    expect(await last).toEqual([4])
    expect(source.calls).toEqual(['load', 'load', 'load', 'end'])
  })

  test('asks the source no more after its end, and lets go when it has said so', async () => {
    const source = new BlockSource(2, 2)
    source.loadBlock()
    const iterator = open(source)
    expect(await iterator.nextMany(9)).toEqual([0, 1])
    expect(source.calls).toEqual(['end'])
    expect(await iterator.nextMany(9)).toEqual([])
    expect(await iterator.nextMany(9)).toEqual([])
    expect(source.calls).toEqual(['end', 'onClose', 'close'])
    expect(() => iterator.seek(0)).toThrow(ClosedError)
  })

  test('answers calls made while another one runs in their order', async () => {
    const source = new BlockSource(6, 2)
    const iterator = open(source)
    const steps = [iterator.nextMany(1), iterator.nextMany(3), iterator.nextMany(9)]
    for (let i = 0; i < 4; i++) await source.goOn()
    expect(await Promise.all(steps)).toEqual([[0], [1, 2, 3], [4, 5]])
  })

  test('rejects with what the load failed with, and is closed then', async () => {
    const source = new BlockSource(6, 2)
    const iterator = open(source)
    const steps = [iterator.nextMany(1), iterator.nextMany(1)]
    const results = Promise.allSettled(steps)
    const failure = new Error('broken disk')
    await source.goOn(failure)
    const [first, second] = await results
    expect(first).toEqual({ status: 'rejected', reason: failure })
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'STORE_CLOSED', cause: failure } })
    await expect(iterator.nextMany(1)).rejects.toThrow(/earlier error/)
    expect(source.calls).toEqual(['load', 'onClose', 'close'])
  })

  test('is closed for whoever gave up, also before the step has noticed', async () => {
    const source = new BlockSource(10, 100)
    const abort = new AbortController()
    const iterator = open(source, { signal: abort.signal, turn: () => turn() })
    source.loadBlock()
    const step = iterator.nextMany(1)
    abort.abort(new Error('enough'))
    await expect(step).rejects.toThrow('enough')
    await expect(iterator.nextMany(1)).rejects.toThrow(ClosedError)
    await iterator.close()
    await turn()
    expect(source.calls).toEqual(['onClose', 'close'])
  })

  test('waits for the turn that the store asks for', async () => {
    const source = new BlockSource(2, 2)
    source.loadBlock()
    let turns = 0
    const iterator = open(source, { turn: () => (turns++ === 0 ? undefined : turn()) })
    let isDone = false
    await iterator.nextMany(1)
    const second = iterator.nextMany(1).then(() => {
      isDone = true
    })
    await Promise.resolve().then(() => undefined)
    expect(isDone).toBe(false)
    await second
    expect(isDone).toBe(true)
  })

  test('counts the limit over all calls', async () => {
    const source = new BlockSource(9, 9)
    source.loadBlock()
    const iterator = open(source, { limit: 3 })
    expect(await iterator.nextMany(2)).toEqual([0, 1])
    expect(await iterator.nextMany(2)).toEqual([2])
    expect(await iterator.nextMany(2)).toEqual([])
  })

  test('ends with the reason of the signal after the load that runs', async () => {
    const source = new BlockSource(4, 2)
    const abort = new AbortController()
    const iterator = open(source, { signal: abort.signal })
    const step = iterator.nextMany(1)
    const result = Promise.allSettled([step])
    abort.abort('enough')
    await source.goOn()
    expect(await result).toEqual([{ status: 'rejected', reason: 'enough' }])
    expect(source.calls).toEqual(['load', 'onClose', 'close'])
  })
})

describe('close()', () => {
  test('ends steps that run with nothing, and lets go of the source after them', async () => {
    const source = new BlockSource(6, 2)
    const iterator = open(source)
    const steps = [iterator.nextMany(1), iterator.nextMany(1)]
    const closing = iterator.close()
    expect(source.calls).toEqual(['load', 'onClose'])
    await source.goOn()
    await closing
    expect(await Promise.all(steps)).toEqual([[], []])
    expect(source.calls).toEqual(['load', 'onClose', 'close'])
  })

  test('does not care about a load that fails meanwhile', async () => {
    const source = new BlockSource(6, 2)
    const iterator = open(source)
    const step = iterator.nextMany(1)
    const closing = iterator.close()
    await source.goOn(new Error('broken disk'))
    await closing
    expect(await step).toEqual([])
  })

  test('lets go once, however often it is called', async () => {
    const source = new BlockSource(6, 2)
    const iterator = open(source)
    await Promise.all([iterator.close(), iterator.close()])
    iterator[Symbol.dispose]()
    await iterator.closeWithStore()
    expect(source.calls).toEqual(['onClose', 'close'])
  })
})

describe('closeWithStore()', () => {
  test('lets the step that runs end well and refuses the ones after it', async () => {
    const source = new BlockSource(6, 2)
    const iterator = open(source)
    const step = iterator.nextMany(2)
    const closing = iterator.closeWithStore()
    await source.goOn()
    expect(await step).toEqual([0, 1])
    await closing
    await expect(iterator.nextMany(1)).rejects.toThrow(/store is closed/)
    expect(source.calls).toEqual(['load', 'onClose', 'close'])
  })

  test('makes a loop fail that has items left', async () => {
    const source = new BlockSource(50, 50)
    source.loadBlock()
    const iterator = open(source)
    const seen: number[] = []
    const loop = async (): Promise<void> => {
      for await (const item of iterator) {
        seen.push(item)
        if (item === 2) await iterator.closeWithStore()
      }
    }
    await expect(loop()).rejects.toThrow(ClosedError)
    expect(seen).toEqual([0, 1, 2])
  })
})

describe('loops', () => {
  test('fetch one item first, then four times as many each time', async () => {
    const source = new BlockSource(4000, 4000)
    source.loadBlock()
    const counts: number[] = []
    const fill = source.fill.bind(source)
    source.fill = (items: number[], count: number) => {
      counts.push(count)
      return fill(items, count)
    }
    let expected = 0
    for await (const item of open(source)) expect(item).toBe(expected++)
    expect(expected).toBe(4000)
    expect(counts).toEqual([1, 4, 16, 64, 256, 1000, 1000, 1000, 1000])
    expect(source.calls).toEqual(['end', 'onClose', 'close'])
  })

  test('load as they go, blocking or not', async () => {
    const blocking = new BlockSource(7, 3)
    expect([...open(blocking)]).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(blocking.calls).toEqual(['loadSync', 'loadSync', 'loadSync', 'end', 'onClose', 'close'])
    const source = new BlockSource(7, 3)
    const seen: number[] = []
    const loop = (async () => {
      for await (const item of open(source)) seen.push(item)
    })()
    for (let i = 0; i < 3; i++) await source.goOn()
    await loop
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('hand out items in order to steps that are not awaited', async () => {
    const source = new BlockSource(7, 3)
    const loop = open(source)[Symbol.asyncIterator]()
    const steps = Array.from({ length: 9 }, () => loop.next())
    for (let i = 0; i < 3; i++) await source.goOn()
    const values = (await Promise.all(steps)).map(({ done, value }) => (done ? 'done' : value))
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 'done', 'done'])
  })

  test('end when their source fails, with its error', async () => {
    const source = new BlockSource(7, 3)
    source.failure = new Error('broken disk')
    expect(() => [...open(source)]).toThrow(source.failure)
    expect(source.calls).toEqual(['loadSync', 'onClose', 'close'])
  })

  test('return() before the first step closes', async () => {
    const source = new BlockSource(7, 3)
    const iterator = open(source)
    const loop = iterator[Symbol.asyncIterator]()
    expect(await loop.return?.()).toEqual({ done: true, value: undefined })
    expect(await loop.next()).toEqual({ done: true, value: undefined })
    expect(source.calls).toEqual(['onClose', 'close'])
  })
})

describe('seek()', () => {
  test('gives the limit back what a loop had fetched and not handed out', async () => {
    const source = new BlockSource(100, 100)
    source.loadBlock()
    const iterator = open(source, { limit: 5 })
    const seen: number[] = []
    for (const item of iterator) {
      seen.push(item)
      if (item === 1) iterator.seek(90)
    }
    expect(seen).toEqual([0, 1, 90, 91, 92])
  })

  test('goes on after the source had ended, as long as that was not told', async () => {
    const source = new BlockSource(3, 3)
    source.loadBlock()
    const iterator = open(source)
    expect(await iterator.nextMany(9)).toEqual([0, 1, 2])
    iterator.seek(1)
    source.loadBlock()
    expect(await iterator.nextMany(9)).toEqual([1, 2])
  })

  test('and blocking steps are refused while an asynchronous step runs', async () => {
    const source = new BlockSource(3, 3)
    const iterator = open(source)
    const step = iterator.nextMany(1)
    expect(() => iterator.seek(1)).toThrow(InvalidArgumentError)
    expect(() => iterator.nextManySync(1)).toThrow(/while another step of the iterator runs/)
    await source.goOn()
    expect(await step).toEqual([0])
    expect(iterator.nextManySync(1)).toEqual([1])
  })

  test('refused by the encoding leaves the place as it was', async () => {
    const source = new BlockSource(3, 3)
    source.loadBlock()
    const refusal = new InvalidArgumentError('target: …')
    const iterator = open(source, {
      encodeTarget: () => {
        throw refusal
      },
    })
    expect(await iterator.nextMany(1)).toEqual([0])
    expect(() => iterator.seek(2)).toThrow(refusal)
    expect(await iterator.nextMany(1)).toEqual([1])
  })
})
