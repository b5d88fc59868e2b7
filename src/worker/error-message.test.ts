import { describe, expect, it } from 'vitest'
import {
  ClosedError,
  CorruptionError,
  DiskFullError,
  InvalidArgumentError,
  StorageError,
  UnsupportedFormatError,
} from '../errors.ts'
import { createSystemError } from '../fs/system-error.ts'
import { InvariantError } from '../invariant.ts'
import { decodeError, encodeError } from './error-message.ts'

/** What becomes of an error on its way to another thread. */
function sent(error: unknown): Error {
  return decodeError(structuredClone(encodeError(error)))
}

const cause = createSystemError('EIO', 'read', '/store/000001.seg')

describe('an error between threads', () => {
  it.each([
    new CorruptionError('bad block', '/store/000001.seg', 4096, { cause }),
    new UnsupportedFormatError('format 9', { cause }),
    new DiskFullError('full', { cause }),
    new StorageError('broken', { cause }),
    new ClosedError('closed', { cause }),
    new InvalidArgumentError('wrong', { cause }),
    new InvariantError('never'),
    new RangeError('too much', { cause }),
    new TypeError('no function'),
    new Error('plain', { cause }),
  ])('$name keeps class, code, message, stack and cause', (error) => {
    const arrived = sent(error)
    expect(arrived.constructor).toBe(error.constructor)
    expect(arrived.message).toBe(error.message)
    expect(arrived.stack).toBe(error.stack)
    expect(arrived.cause).toEqual(error.cause)
    expect({ ...arrived }).toEqual({ ...error })
    expect(Object.keys(arrived)).toEqual(Object.keys(error))
  })

  it('keeps the code and the path of the system', () => {
    expect(sent(cause)).toMatchObject({ code: 'EIO', syscall: 'read', path: '/store/000001.seg' })
    const nested = sent(new StorageError('broken', { cause }))
    expect(nested.cause).toMatchObject({ code: 'EIO' })
  })

  it('is an error even when something else was thrown', () => {
    expect(sent('just text')).toEqual(new Error('just text'))
    expect(sent(undefined)).toBeInstanceOf(Error)
    expect(sent(new StorageError('broken', { cause: 'text' })).cause).toEqual(new Error('text'))
  })

  it('arrives although its causes form a ring', () => {
    const first = new Error('first')
    first.cause = new Error('second', { cause: first })
    expect((sent(first).cause as Error).message).toBe('second')
  })
})
