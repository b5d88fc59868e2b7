import { describe, expect, test } from 'vitest'
import { ClosedError, CorruptionError, DiskFullError, StorageError } from '../errors.ts'
import { InvariantError } from '../invariant.ts'
import { type StoreEventMap, StoreEvents, silentLogger } from './store-events.ts'
import { asReadError, asStoreError, StoreHealth } from './store-health.ts'

const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
const broken = Object.assign(new Error('EIO'), { code: 'EIO' })

function healthWithEvents(): { health: StoreHealth; told: string[]; refusing: { count: number } } {
  const events = new StoreEvents(silentLogger)
  const told: string[] = []
  events.on('full', ({ error }) => told.push(`full: ${error.name}`))
  events.on('error', ({ error, fatal }: StoreEventMap['error']) =>
    told.push(`${error.name}, fatal: ${fatal}`),
  )
  const health = new StoreHealth('/store', events)
  const refusing = { count: 0 }
  health.onRefusing = () => refusing.count++
  return { health, told, refusing }
}

describe('StoreHealth', () => {
  test('is open and writable at first', () => {
    const { health, told } = healthWithEvents()
    expect(health).toMatchObject({ state: 'open', isWritable: true, error: undefined })
    health.assertReadable()
    health.resume()
    expect(health.state).toBe('open')
    expect(told).toEqual([])
  })

  test('full, refuses writes with one error that keeps its cause, until it resumes', async () => {
    const { health, told, refusing } = healthWithEvents()
    const error = health.enterFull(full)
    expect(error).toBeInstanceOf(DiskFullError)
    expect(error.cause).toBe(full)
    expect(health.enterFull(new Error('another'))).toBe(error)
    expect(health.refusal()).toBe(error)
    expect(health).toMatchObject({ state: 'full', isWritable: false, error })
    health.assertReadable()
    await Promise.resolve()
    expect(told).toEqual(['full: DiskFullError'])
    expect(refusing.count).toBe(1)
    health.resume()
    expect(health).toMatchObject({ state: 'open', isWritable: true, error: undefined })
  })

  test('failed, keeps the first cause for ever, and cannot be full or resume any more', async () => {
    const { health, told, refusing } = healthWithEvents()
    const error = health.poison(broken)
    expect(error).toBeInstanceOf(StorageError)
    expect(error.cause).toBe(broken)
    expect(health.poison(new Error('another'))).toBe(error)
    expect(health.enterFull(full)).toBe(error)
    health.resume()
    expect(health).toMatchObject({ state: 'failed', isWritable: false, error })
    health.assertReadable()
    await Promise.resolve()
    expect(told).toEqual(['StorageError, fatal: true'])
    expect(refusing.count).toBe(1)
  })

  test('goes from full to failed, with what made it fail', async () => {
    const { health } = healthWithEvents()
    health.enterFull(full)
    const damage = new CorruptionError('bad', '/store/f', 7)
    expect(health.poison(damage)).toBe(damage)
    expect(health.state).toBe('failed')
  })

  test('closed, refuses everything, whatever comes', () => {
    const { health } = healthWithEvents()
    health.close()
    expect(() => health.assertReadable()).toThrow(ClosedError)
    expect(health.refusal()).toBeInstanceOf(ClosedError)
    expect(health.poison(broken)).toBeInstanceOf(ClosedError)
    expect(health.enterFull(full)).toBeInstanceOf(ClosedError)
    health.resume()
    expect(health.state).toBe('closed')
  })
})

test('asStoreError() keeps errors of the store and clothes all others', () => {
  const damage = new CorruptionError('bad', '/store/f', 7)
  expect(asStoreError(damage, 'it')).toBe(damage)
  expect(asStoreError(full, 'it')).toBeInstanceOf(DiskFullError)
  expect(asStoreError(Object.assign(new Error(), { code: 'EDQUOT' }), 'it')).toBeInstanceOf(DiskFullError)
  expect(asStoreError(broken, 'it')).toMatchObject({ code: 'STORE_STORAGE', cause: broken })
  expect(asStoreError('text', 'it').message).toBe('it: text')
})

test('asReadError() leaves what is no error of the system as it is', () => {
  const bug = new InvariantError('true')
  expect(asReadError(bug)).toBe(bug)
  expect(asReadError(broken)).toMatchObject({ code: 'STORE_STORAGE', cause: broken })
})
