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
  const { cache, disk, durability, snapshots } = status
  const health = status.state === 'open' ? colors.green('open') : colors.red(status.state)
  const error = status.error === undefined ? '' : `: ${status.error}`
  const recovery = status.recovering ? ', what a crash left is being put in segments' : ''
  const rows = [
    ['store', `${status.path} (${health}${error}${recovery})`],
    ['sequence number', formatCount(status.sequenceNumber)],
    ['in memory', memTableText(status)],
    ['in segments', segmentText(status)],
    ['logs', `${formatBytes(disk.logBytes)} in ${counted(disk.logCount, 'file')}`],
    ['manifest', formatBytes(disk.manifestBytes)],
    ['obsolete files', formatBytes(disk.obsoleteBytes)],
    ['memory', memoryText(status)],
    ['cache', `${counted(cache.hits, 'hit')}, ${counted(cache.misses, 'miss', 'misses')}`],
    ['written', writtenText(status)],
    ['reads look at', `${counted(status.amplification.readRuns, 'run')} at most`],
    ['durability', `${durability}; ${syncText(status)}`],
    ['flushes', jobText(status.flushes)],
    [
      'compactions',
      `${jobText(status.compactions)} (${status.compaction}, ${compressionText(status)}, ${status.maintenance})`,
    ],
    ['stalls', stallText(status)],
    ['event loop', loopText(status)],
    [
      'readers',
      `${counted(snapshots.snapshotCount, 'snapshot')}, ${counted(snapshots.iteratorCount, 'iterator')}`,
    ],
  ]
  return rows.map(([name = '', text = '']) => [colors.bold(name), text])
}

/** Nobody notices a wait this long. */
const easyBlockMs = 4

function compressionText({ compression }: StoreStatus): string {
  return compression === 'none' ? 'no compression' : compression
}

function memTableText({ memTables }: StoreStatus): string {
  const { activeEntryCount, activeBytes, sealedCount, sealedEntryCount, sealedBytes } = memTables
  const entries = counted(activeEntryCount + sealedEntryCount, 'entry', 'entries')
  return `${entries}, ${formatBytes(activeBytes + sealedBytes)}, ${counted(sealedCount, 'sealed MemTable')}`
}

function segmentText({ levels, disk }: StoreStatus): string {
  const entryCount = levels.reduce((sum, level) => sum + level.entryCount, 0)
  const filledCount = levels.filter((level) => level.segments.length > 0).length
  const place = `${counted(disk.segmentCount, 'segment')} on ${counted(filledCount, 'level')}`
  const entryBytes = formatBytes(levels.reduce((sum, level) => sum + level.entryBytes, 0))
  return `${counted(entryCount, 'entry', 'entries')} of ${entryBytes}, ${formatBytes(disk.segmentBytes)}, ${place}`
}

function memoryText({ memory }: StoreStatus): string {
  const { arenaBytes, indexBytes, cacheBytes, oversizeBatchBytes, budgetBytes } = memory
  const total = formatBytes(arenaBytes + indexBytes + cacheBytes + oversizeBatchBytes)
  const parts = `arenas ${formatBytes(arenaBytes)}, indexes ${formatBytes(indexBytes)}, cache ${formatBytes(cacheBytes)}`
  return `${total} of ${formatBytes(budgetBytes)}: ${parts}`
}

function writtenText({ writes, amplification }: StoreStatus): string {
  const amount = `${counted(writes.entryCount, 'entry', 'entries')}, ${formatBytes(writes.payloadBytes)}`
  return `${amount}, amplified ${amplification.write.toFixed(1)} times`
}

function syncText({ sync }: StoreStatus): string {
  return sync.ageMs === 0 ? 'all is synced' : `unsynced since ${formatDuration(sync.ageMs)}`
}

function stallText({ stalls }: StoreStatus): string {
  const now = stalls.cause === undefined ? '' : `, now: ${stalls.cause}`
  return `${formatCount(stalls.count)}, ${formatDuration(stalls.totalMs)}; slowed for ${formatDuration(stalls.slowedMs)}${now}`
}

function loopText({ eventLoop }: StoreStatus): string {
  const { buckets, longestMs } = eventLoop
  const long = buckets.filter(({ upToMs = Number.POSITIVE_INFINITY }) => upToMs > easyBlockMs)
  const count = long.reduce((sum, bucket) => sum + bucket.count, 0)
  return `kept waiting for ${formatDuration(longestMs)} at most, ${counted(count, 'time')} for over ${easyBlockMs} ms`
}

function jobText(job: JobStatus): string {
  const failures = job.failures === 0 ? '' : `, ${counted(job.failures, 'failure')}`
  const running = job.running === 0 ? '' : `, ${job.running} running`
  return `${formatCount(job.count)}${running}, wrote ${formatBytes(job.bytesWritten)} in ${formatDuration(job.totalMs)}${failures}`
}
