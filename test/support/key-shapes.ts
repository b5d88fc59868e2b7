import type { SeededRandom } from '../../src/fs/seeded-random.ts'

/** Makes the `index`-th of `count` keys of one shape; not all of them differ. */
export type KeyShape = (random: SeededRandom, index: number, count: number) => Uint8Array

const encoder = new TextEncoder()
const longPrefix = 'tenant/0000000000000042/collection/orders/'

/** The shapes of keys that trees, blocks and filters get wrong first. */
export const keyShapes: Readonly<Record<string, KeyShape>> = {
  'random letters': (random) => randomBytes(random, 16, 97, 122),
  'ascending numbers': (_random, index) => text(String(index).padStart(16, '0')),
  'descending numbers': (_random, index, count) => text(String(count - index).padStart(16, '0')),
  'numbers behind a prefix': (random, _index, count) =>
    text(`user:${String(random.upTo(count * 2)).padStart(11, '0')}`),
  'a prefix longer than any cache of it': (random, _index, count) =>
    text(`${longPrefix}${random.upTo(count * 2)}/line/${random.upTo(9)}`),
  'several ascending streams': (random, index) =>
    text(`stream-${random.upTo(3)}-${String(index).padStart(9, '0')}`),
  'few and short, with zero bytes': (random) => randomBytes(random, random.upTo(4), 0, 2),
  'zero bytes of every length': (random) => new Uint8Array(random.upTo(200)),
  'bytes at the ends of their range': (random) =>
    Uint8Array.from({ length: random.upTo(12) }, () => (random.chance(0.5) ? 255 : 0)),
  'prefixes of each other': (random) =>
    text('abcdefghijklmnopqrstuvwxyz'.repeat(3).slice(0, random.upTo(78))),
  'any bytes of any length': (random) => randomBytes(random, random.upTo(40), 0, 255),
  'strangers to a common prefix': (random, _index, count) =>
    random.chance(0.05)
      ? randomBytes(random, random.upTo(9), 0, 255)
      : text(`${longPrefix}${String(random.upTo(count)).padStart(9, '0')}`),
}

function text(characters: string): Uint8Array {
  return encoder.encode(characters)
}

function randomBytes(random: SeededRandom, length: number, least: number, most: number): Uint8Array {
  return Uint8Array.from({ length }, () => least + random.upTo(most - least))
}
