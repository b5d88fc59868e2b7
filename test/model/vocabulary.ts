/**
 * The keys and values of a model run. There are few keys, so that versions of each pile up, and they are of every
 * shape: short, in families with a common prefix, long and alike but for their ends, longer than a block, empty,
 * and one as long as a key may be. Values are told apart by a number that each has of its own; they are from
 * nothing to more than a whole arena.
 */
import type { SeededRandom } from '../../src/fs/seeded-random.ts'

export type EncodingChoice = 'utf8' | 'bytes'

const encoder = new TextEncoder()
const longestKeyLength = 65_535
const filling = 'the quick brown fox jumps over the lazy dog, '

export class Vocabulary {
  readonly encoding: EncodingChoice
  readonly #random: SeededRandom
  readonly #valueScale: number
  readonly #keys: readonly unknown[]
  readonly #longestKey: unknown
  #valueCount = 0

  constructor(encoding: EncodingChoice, random: SeededRandom, valueScale: number) {
    this.encoding = encoding
    this.#valueScale = valueScale
    this.#random = random
    const texts = keyTexts().map((text) => this.#encoded(text))
    this.#keys = encoding === 'bytes' ? [...texts, ...binaryKeys()] : texts
    this.#longestKey = this.#encoded('k'.repeat(longestKeyLength))
  }

  /** Any key; the longest one hardly ever. */
  key(): unknown {
    const random = this.#random
    if (random.chance(0.0003)) return this.#longestKey
    // Some keys are met much more often than others.
    const last = this.#keys.length - 1
    return this.#keys[random.chance(0.3) ? random.upTo(Math.floor(last / 10)) : random.upTo(last)]
  }

  keys(countMax: number): unknown[] {
    return Array.from({ length: this.#random.upTo(countMax) }, () => this.key())
  }

  /** A key, or something near one that is none. */
  bound(): unknown {
    const key = this.key()
    const choice = this.#random.upTo(5)
    if (choice > 1 || key === this.#longestKey) return key
    const length = this.#random.upTo(6)
    if (typeof key === 'string') return choice === 0 ? `${key}\0` : [...key].slice(0, length).join('')
    const bytes = key as Uint8Array
    return choice === 0 ? Uint8Array.of(...bytes.subarray(0, 6_000), 0) : bytes.slice(0, length)
  }

  /** A value that no other write of this run has. */
  value(): unknown {
    this.#valueCount++
    const length = this.#valueLength() * this.#valueScale
    const start = `${this.#valueCount.toString(36)}${this.#random.chance(0.2) ? 'é→😀' : '.'}`
    const isTooShort = length < start.length
    return this.#encoded(
      isTooShort ? String(this.#valueCount % 7).repeat(length) : start.padEnd(length, filling),
    )
  }

  /** A value longer than half an arena of 64 KiB, often than a whole one. */
  hugeValue(): unknown {
    this.#valueCount++
    const length = 32_768 + this.#random.upTo(120_000)
    return this.#encoded(`${this.#valueCount.toString(36)}-`.padEnd(length, `${this.#valueCount}=`))
  }

  #valueLength(): number {
    const random = this.#random
    const share = random.fraction()
    if (share < 0.08) return 0
    if (share < 0.7) return random.upTo(120)
    if (share < 0.96) return random.upTo(400)
    if (share < 0.998) return random.upTo(6_000)
    return random.upTo(20_000)
  }

  #encoded(text: string): unknown {
    return this.encoding === 'utf8' ? text : encoder.encode(text)
  }
}

function keyTexts(): string[] {
  const numbered = Array.from({ length: 90 }, (_, i) => `n${i}`)
  const families = Array.from({ length: 60 }, (_, i) => `user:${i % 6}:${'x'.repeat(i % 9)}${i}`)
  const alike = Array.from({ length: 30 }, (_, i) => `${'alike/'.repeat(40)}${i}`)
  const unlikeScripts = Array.from({ length: 20 }, (_, i) => `é→${i}😀`)
  const longs = ['long'.repeat(1_300), `${'long'.repeat(1_300)}!`]
  return ['', ...numbered, ...families, ...alike, ...unlikeScripts, ...longs, '\0', '\0\0', 'n\0', 'n1\0']
}

function binaryKeys(): Uint8Array[] {
  const ends = Array.from({ length: 12 }, (_, i) => Uint8Array.of(255, 255, i * 20))
  const sevens = Array.from({ length: 20 }, (_, i) => Uint8Array.of(7, 7, 7, 7, 7, 7, 7, 7, i))
  return [...ends, ...sevens, Uint8Array.of(255), Uint8Array.of(255, 255, 255, 255)]
}
