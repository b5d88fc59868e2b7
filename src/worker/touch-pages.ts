/**
 * Touches memory of an arena, so that its pages are there when another thread writes to them. That thread may be
 * writing already: each page is touched by an atomic operation that changes nothing.
 */
import type { TouchMessage } from './messages.ts'

/** Systems with larger pages are touched more often than needed. */
const pageSizeBytes = 4096

export function touchPages({ arena, from, to }: TouchMessage): void {
  const bytes = new Uint8Array(arena.memory.buffer, arena.base, arena.sizeBytes)
  for (let at = from; at < to; at += pageSizeBytes) Atomics.or(bytes, at, 0)
}
