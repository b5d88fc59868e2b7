import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { plainEntry } from '../../test/support/entries.ts'
import { documentedDump, hexDump } from '../../test/support/hex-dump.ts'
import { segmentPath, writeSegment } from '../../test/support/segments.ts'
import { decodeFooter, encodeFooter, type Footer, footerSizeBytes } from './segment-format.ts'
import { defaultSegmentSettings } from './segment-settings.ts'

/** The block that the page shows behind the file. */
async function compressedExample(): Promise<string[]> {
  const entries = ['apple', 'banana', 'cherry'].map((fruit, i) =>
    plainEntry(`fruit:${fruit}`, i + 1, `${'fresh '.repeat(12)}${fruit}`),
  )
  const { fs } = await writeSegment(entries, { ...defaultSegmentSettings, compression: 'lz4' })
  const written = new Uint8Array(0xc8)
  fs.openSync(segmentPath, 'read').readSync(written, 0)
  return hexDump(written).slice(2)
}

test('the worked examples of the format page are what a writer writes', async () => {
  const page = readFileSync(new URL('../../docs/format/segment.md', import.meta.url), 'utf8')
  const entries = [plainEntry('apple', 3, 'red'), plainEntry('apple', 1, 'green'), plainEntry('banana', 2)]
  const { fs, meta } = await writeSegment(entries, defaultSegmentSettings)
  const written = new Uint8Array(meta.sizeBytes)
  fs.openSync(segmentPath, 'read').readSync(written, 0)
  expect(documentedDump(page)).toEqual([...hexDump(written), ...(await compressedExample())])
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
