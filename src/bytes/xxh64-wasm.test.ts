import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { mixWords } from './xxh64.ts'
import { createWasmXxh64 } from './xxh64-wasm.ts'

/** The primes of XXH64, low halves first. */
const primes = [
  ...[0x85ebca87, 0x9e3779b1, 0x27d4eb4f, 0xc2b2ae3d, 0x9e3779f9],
  ...[0x165667b1, 0xc2b2ae63, 0x85ebca77, 0x165667c5, 0x27d4eb2f],
]

afterEach(() => {
  vi.unstubAllGlobals()
})

test('leaves the lanes that the plain loop leaves, for any input', () => {
  const wasm = createWasmXxh64(primes)
  const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  fc.assert(
    fc.property(
      fc.array(int, { minLength: 8, maxLength: 8 }),
      fc.nat(5000),
      int,
      (start, stripeCount, fill) => {
        const words = Int32Array.from({ length: stripeCount * 8 + 1 }, (_, i) =>
          Math.imul(i ^ fill, 0x9e3779b1),
        )
        const [plain, fast] = [Int32Array.from(start), Int32Array.from(start)]
        mixWords(plain, words, 1, stripeCount)
        wasm?.mix(fast, new Uint8Array(words.buffer), 4, stripeCount)
        expect(fast).toEqual(plain)
      },
    ),
    { numRuns: 50 },
  )
})

test('is absent where WebAssembly is, or is refused', () => {
  vi.stubGlobal('WebAssembly', undefined)
  expect(createWasmXxh64(primes)).toBeUndefined()
  vi.stubGlobal('WebAssembly', {
    Module: class {
      constructor() {
        throw new Error('refused by the content security policy')
      }
    },
  })
  expect(createWasmXxh64(primes)).toBeUndefined()
})
