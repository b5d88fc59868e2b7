/** `compact`: merges segments now. */

import type { CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { untilAborted } from '../interrupts.ts'
import { type BoundFlags, boundOptions, rangeOf } from '../range-options.ts'
import { formatBytes, formatDuration } from '../terminal/amounts.ts'

export const compact: CommandRow<BoundFlags> = {
  name: 'compact',
  summary: 'merge segments, dropping old versions and deleted keys',
  details: 'Rarely needed: a store compacts by itself. With bounds, only what holds keys between them.',
  arguments: [],
  options: boundOptions,
  async run(context, _args, options) {
    const { signal: _, ...bounds } = rangeOf(context, options)
    const store = await context.existingStore()
    const before = store.status().disk.segmentBytes
    const startMs = context.host.clock.monotonicMs()
    await untilAborted(store.compact(bounds), context.signal)
    const after = store.status().disk.segmentBytes
    const took = formatDuration(context.host.clock.monotonicMs() - startMs)
    if (context.format === 'json') {
      await context.output.write(
        `${JSON.stringify({ compacted: true, bytesBefore: before, bytesAfter: after })}\n`,
      )
    } else
      context.talk.say(`compacted: segments took ${formatBytes(before)}, now ${formatBytes(after)} (${took})`)
    return ExitCode.ok
  },
}
