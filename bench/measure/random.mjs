/** Random numbers that come again with the same seed, so that every engine sees the same operations. */

/** @typedef {ReturnType<typeof randomFrom>} Random */

/** @param {number} seed */
export function randomFrom(seed) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0
  /** A whole number below 2^32 (mulberry32). */
  function next() {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
  return {
    next,
    /** @param {number} limit */
    below: (limit) => Math.floor((next() / 4294967296) * limit),
    /** At least 0, below 1. */
    fraction: () => next() / 4294967296,
  }
}

/**
 * Visits the numbers below `count` once each, in an order that looks random.
 *
 * @param {number} count
 * @param {number} seed
 * @returns {(place: number) => number}
 */
export function shuffled(count, seed) {
  const steps = [2654435761, 2246822519, 3266489917, 668265263, 374761393]
  const step = BigInt(steps.find((each) => greatestDivisor(each, count) === 1) ?? 1)
  const stride = Number(step % BigInt(count)) || 1
  const start = randomFrom(seed).below(count)
  return (place) => multiplyModulo(place, stride, count, start)
}

/**
 * @param {number} a
 * @param {number} b
 * @param {number} modulus below 2^31
 * @param {number} plus
 */
function multiplyModulo(a, b, modulus, plus) {
  if (a < 94906265 && b < 94906265) return (a * b + plus) % modulus
  return Number((BigInt(a) * BigInt(b) + BigInt(plus)) % BigInt(modulus))
}

/**
 * @param {number} a
 * @param {number} b
 */
function greatestDivisor(a, b) {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/**
 * Numbers below `count` with the popularity of YCSB: Zipf's law with exponent 0.99, after Gray et al.,
 * "Quickly generating billion-record synthetic databases". The most popular number is 0.
 *
 * @param {number} count
 * @param {Random} random
 */
export function zipfian(count, random) {
  const theta = 0.99
  const zetaOf2 = 1 + 0.5 ** theta
  const zeta = zetaOf(count, theta)
  const alpha = 1 / (1 - theta)
  const eta = (1 - (2 / count) ** (1 - theta)) / (1 - zetaOf2 / zeta)
  return () => {
    const u = random.fraction()
    const uz = u * zeta
    if (uz < 1) return 0
    if (uz < zetaOf2) return 1
    return Math.min(count - 1, Math.floor(count * (eta * u - eta + 1) ** alpha))
  }
}

/**
 * The sum of 1/i^theta: the first terms one by one, the rest by its integral.
 *
 * @param {number} count
 * @param {number} theta
 */
function zetaOf(count, theta) {
  const exact = Math.min(count, 1_000_000)
  let sum = 0
  for (let i = 1; i <= exact; i++) sum += i ** -theta
  if (count > exact) sum += (count ** (1 - theta) - exact ** (1 - theta)) / (1 - theta)
  return sum
}
