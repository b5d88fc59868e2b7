/** `status`: what the store holds and how it is doing. */
import type { JobStatus, StoreStatus } from '../../store/store-status.ts'
import type { CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { jsonOfData } from '../report.ts'
import { counted, formatBytes, formatCount, formatDuration } from '../terminal/amounts.ts'
import { tableLines } from '../terminal/drawing.ts'
import type { Colors } from '../terminal/text-style.ts'

export const status: CommandRow = {
  name: 'status',
  summary: 'show sizes, memory, background work and health',
  details: 'Entries in segments count old versions and tombstones, too; `count` counts keys.',
  arguments: [],
  options: {},
  long: true,
  async run(context) {
    const store = await context.existingStore()
    const found = store.status()
    const text =
      context.format === 'json'
        ? jsonOfData(found)
        : tableLines([{}, {}], rowsOf(found, context.style.colors)).join('\n')
    await context.output.write(`${text}\n`)
    return ExitCode.ok
  },
}

function rowsOf(status: StoreStatus, colors: Colors): string[][] {
  const { memTables, memory, disk, writes, sync, stalls, cache, snapshots } = status
  const health = status.state === 'open' ? colors.green('open') : colors.red(status.state)
  const entries = status.levels.reduce((sum, level) => sum + level.entryCount, 0)
  const rows = [
    ['store', `${status.path} (${health}${status.error === undefined ? '' : `: ${status.error}`})`],
    ['sequence number', formatCount(status.sequenceNumber)],
    [
      'in memory',
      `${counted(memTables.activeEntryCount + memTables.sealedEntryCount, 'entry', 'entries')}, ${formatBytes(memTables.activeBytes + memTables.sealedBytes)}, ${counted(memTables.sealedCount, 'sealed MemTable')}`,
    ],
    [
      'in segments',
      `${counted(entries, 'entry', 'entries')}, ${formatBytes(disk.segmentBytes)}, ${counted(disk.segmentCount, 'segment')} on ${counted(status.levels.length, 'level')}`,
    ],
    ['logs', `${formatBytes(disk.logBytes)} in ${counted(disk.logCount, 'file')}`],
    ['manifest', formatBytes(disk.manifestBytes)],
    ['obsolete files', formatBytes(disk.obsoleteBytes)],
    [
      'memory',
      `${formatBytes(memory.arenaBytes + memory.indexBytes + memory.cacheBytes + memory.oversizeBatchBytes)} of ${formatBytes(memory.budgetBytes)}: arenas ${formatBytes(memory.arenaBytes)}, indexes ${formatBytes(memory.indexBytes)}, cache ${formatBytes(memory.cacheBytes)}`,
    ],
    ['cache', `${counted(cache.hits, 'hit')}, ${counted(cache.misses, 'miss', 'misses')}`],
    [
      'written',
      `${counted(writes.entryCount, 'entry', 'entries')}, ${formatBytes(writes.payloadBytes)}, amplified ${status.amplification.write.toFixed(1)} times`,
    ],
    ['reads look at', `${counted(status.amplification.readRuns, 'run')} at most`],
    [
      'durability',
      `${status.durability}; ${sync.ageMs === 0 ? 'all is synced' : `unsynced since ${formatDuration(sync.ageMs)}`}`,
    ],
    ['flushes', jobText(status.flushes)],
    ['compactions', `${jobText(status.compactions)} (${status.compaction}, ${status.maintenance})`],
    [
      'stalls',
      `${formatCount(stalls.count)}, ${formatDuration(stalls.totalMs)}${stalls.cause === undefined ? '' : `, now: ${stalls.cause}`}`,
    ],
    [
      'readers',
      `${counted(snapshots.snapshotCount, 'snapshot')}, ${counted(snapshots.iteratorCount, 'iterator')}`,
    ],
  ]
  return rows.map(([name = '', text = '']) => [colors.bold(name), text])
}

function jobText(job: JobStatus): string {
  const failures = job.failures === 0 ? '' : `, ${counted(job.failures, 'failure')}`
  const running = job.running === 0 ? '' : `, ${job.running} running`
  return `${formatCount(job.count)}${running}, wrote ${formatBytes(job.bytesWritten)} in ${formatDuration(job.totalMs)}${failures}`
}
