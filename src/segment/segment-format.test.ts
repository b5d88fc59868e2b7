import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { plainEntry } from '../../test/support/entries.ts'
import { segmentPath, writeSegment } from '../../test/support/segments.ts'
import { decodeFooter, encodeFooter, type Footer, footerSizeBytes } from './segment-format.ts'
import { defaultSegmentSettings } from './segment-settings.ts'

test('the worked example of the format page is what a writer writes', async () => {
  const page = readFileSync(new URL('../../docs/format/segment.md', import.meta.url), 'utf8')
  const documented = [...page.matchAll(/^[0-9a-f]{4}((?: [0-9a-f]{2}){1,16})/gm)].map(([, bytes]) =>
    bytes!.trim(),
  )
  const entries = [plainEntry('apple', 3, 'red'), plainEntry('apple', 1, 'green'), plainEntry('banana', 2)]
  const { fs, meta } = await writeSegment(entries, defaultSegmentSettings)
  const written = new Uint8Array(meta.sizeBytes)
  fs.openSync(segmentPath, 'read').readSync(written, 0)
  const lines = Array.from({ length: Math.ceil(written.length / 16) }, (_, line) =>
    Array.from(written.subarray(line * 16, line * 16 + 16), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join(' '),
  )
  expect(documented).toEqual(lines)
})

test('a footer keeps numbers of up to 2^53', () => {
  const large = Number.MAX_SAFE_INTEGER
  const region = { offset: large, length: large - 1, checksumHigh: 0xffff_ffff, checksumLow: 0x8000_0000 }
  const footer: Footer = {
    number: large,
    checksumHigh: 1,
    checksumLow: 0xffff_fffe,
    hashIndex: region,
    filter: { ...region, offset: 8 },
    blockIndex: { ...region, offset: 16 },
    properties: { ...region, offset: 24 },
    entryCount: large - 2,
    tombstoneCount: 2 ** 32,
    keyCount: 2 ** 32 - 1,
    blockCount: 1,
    keyBytes: 2,
    valueBytes: 3,
    smallestSequence: 4,
    largestSequence: 5,
  }
  const view = new DataView(new ArrayBuffer(footerSizeBytes))
  encodeFooter(view, footer)
  expect(decodeFooter(view)).toEqual(footer)
})
