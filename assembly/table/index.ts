/** What the table kernel offers to src/kernel/wasm-kernel.ts. */
import { xxh64 } from '../xxh64'

/** Where {@link hash} leaves its result: low half, then high half. */
export function hash(start: u32, end: u32, seedHigh: u32, seedLow: u32, result: u32): void {
  store<u64>(result, xxh64(start, end, ((<u64>seedHigh) << 32) | seedLow))
}
