import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anySegmentMeta, segmentMeta } from '../../test/support/segment-metas.ts'
import { describeBytes } from '../bytes/describe-bytes.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { decodeVersionEdit, encodeVersionEdit, type VersionEdit } from './version-edit.ts'

const anyEdit: fc.Arbitrary<VersionEdit> = fc.record(
  {
    added: fc.array(fc.record({ level: fc.nat(40), run: fc.maxSafeNat(), meta: anySegmentMeta }), {
      maxLength: 5,
    }),
    removed: fc.array(fc.maxSafeNat(), { maxLength: 5 }),
    nextFileNumber: fc.maxSafeNat(),
    flushedSequence: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    restartSequence: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    logNumbersAdded: fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 4 }),
    lowestLiveLog: fc.maxSafeNat(),
    settings: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { minKeys: 1, noNullPrototype: true }),
    comment: fc.string({ unit: 'grapheme' }),
  },
  { requiredKeys: ['added', 'removed'] },
)

const decode = (bytes: Uint8Array): VersionEdit => decodeVersionEdit(bytes, 'MANIFEST-000001', 64)

describe('an edit of the Version', () => {
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(anyEdit, (edit) => {
        expect(decode(encodeVersionEdit(edit))).toEqual(edit)
      }),
    )
  })

  it('has one form on disk, which never changes', () => {
    const edit: VersionEdit = {
      added: [{ level: 1, run: 7, meta: segmentMeta(8, 'a', 'bc') }],
      removed: [3],
      nextFileNumber: 9,
      settings: { k: 'v' },
      comment: 'x',
    }
    const text = Buffer.from(encodeVersionEdit(edit)).toString('hex')
    expect(text).toBe(
      [
        '0100 08000000 0300000000000000',
        '0200 69000000 0100 0700000000000000 0800000000000000 e803000000000000 0800000000000000',
        '0a00000000000000 0000000000000000 0a00000000000000 0100000000000000',
        '6400000000000000 6400000000000000 010000000000 640000000000 01000000 61 02000000 6263',
        '0300 08000000 0900000000000000',
        '0800 0a000000 01000000 6b 01000000 76',
        '0900 01000000 78',
      ]
        .join('')
        .replaceAll(' ', ''),
    )
  })

  it('refuses a kind of change that a later release may know, by its number', () => {
    const field = Uint8Array.of(99, 0, 1, 0, 0, 0, 5)
    expect(() => decode(field)).toThrow(UnsupportedFormatError)
    expect(() => decode(field)).toThrow(/change of kind 99/)
  })

  it('says where its bytes end too early, wherever they are cut', () => {
    fc.assert(
      fc.property(anyEdit, fc.nat(), (edit, seed) => {
        const bytes = encodeVersionEdit(edit)
        const cut = bytes.subarray(0, bytes.length === 0 ? 0 : seed % bytes.length)
        try {
          expect(encodeVersionEdit(decode(cut)), describeBytes(cut)).toEqual(cut)
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptionError)
          expect((error as CorruptionError).offset).toBeGreaterThanOrEqual(64)
        }
      }),
    )
  })

  it('refuses a field longer than what it holds', () => {
    const field = Uint8Array.of(3, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    expect(() => decode(field)).toThrow(CorruptionError)
  })

  it('keeps nothing of the bytes it was read from', () => {
    const bytes = encodeVersionEdit({
      added: [{ level: 0, run: 1, meta: segmentMeta(1, 'a', 'b') }],
      removed: [],
    })
    const edit = decode(bytes)
    bytes.fill(0)
    expect(edit.added[0]?.meta.smallestKey).toEqual(Uint8Array.of(0x61))
  })
})
