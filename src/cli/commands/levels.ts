/** `levels`: the shape of the tree. */
import { describeBytes } from '../../bytes/describe-bytes.ts'
import type { LevelStatus, SegmentStatus, StoreStatus } from '../../store/store-status.ts'
import type { CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { jsonOfData } from '../report.ts'
import { counted, formatBytes, formatCount } from '../terminal/amounts.ts'
import { bar, tableLines } from '../terminal/drawing.ts'
import type { Colors } from '../terminal/text-style.ts'

const barWidth = 20
const shownKeyLengthMax = 24

export const levels: CommandRow = {
  name: 'levels',
  summary: 'draw the levels and their segments',
  details: `A bar shows a level beside its target size (or beside the largest level, where it has no target), and a segment
beside the largest segment. Behind the number of entries is what their keys and values have in bytes: more than the level
has on the disk where they compress well.`,
  arguments: [],
  options: {},
  long: true,
  async run(context) {
    const store = await context.existingStore()
    const found = store.status()
    const text =
      context.format === 'json'
        ? jsonOfData({ memTables: found.memTables, levels: found.levels })
        : drawLevels(found, context.style.colors).join('\n')
    await context.output.write(`${text}\n`)
    return ExitCode.ok
  },
}

function drawLevels({ levels: all, memTables }: StoreStatus, colors: Colors): string[] {
  const entryCount = memTables.activeEntryCount + memTables.sealedEntryCount
  const inMemory = `${colors.bold('memory')}  ${counted(entryCount, 'entry', 'entries')}, ${formatBytes(memTables.activeBytes + memTables.sealedBytes)}`
  const filled = all.filter((level) => level.segments.length > 0)
  if (filled.length === 0) return [inMemory, colors.dim('no segments yet')]
  const largestLevel = Math.max(...filled.map((level) => level.sizeBytes))
  const largestSegment = Math.max(
    ...filled.flatMap((level) => level.segments.map((segment) => segment.sizeBytes)),
  )
  const body = filled.flatMap((level) => ['', ...drawLevel(level, largestLevel, largestSegment, colors)])
  return [inMemory, ...body]
}

function drawLevel(
  level: LevelStatus,
  largestLevel: number,
  largestSegment: number,
  colors: Colors,
): string[] {
  const whole = level.targetBytes ?? largestLevel
  const target = level.targetBytes === undefined ? '' : ` of ${formatBytes(level.targetBytes)}`
  const amounts = [
    `${formatBytes(level.sizeBytes)}${target}`,
    counted(level.runCount, 'run'),
    counted(level.segments.length, 'segment'),
    `${counted(level.entryCount, 'entry', 'entries')} of ${formatBytes(level.entryBytes)}`,
    ...(level.tombstoneCount === 0 ? [] : [counted(level.tombstoneCount, 'tombstone')]),
  ]
  const head = `${colors.bold(`L${level.level}`)}  ${colors.green(bar(level.sizeBytes, whole, barWidth))}  ${amounts.join(', ')}`
  const rows = level.segments.map((segment) =>
    segmentCells(segment, largestSegment, level.runCount > 1, colors),
  )
  const columns = [{}, {}, { align: 'right' }, { align: 'right' }, {}] as const
  return [head, ...tableLines(columns, rows).map((line) => `    ${line}`)]
}

function segmentCells(segment: SegmentStatus, largest: number, hasRuns: boolean, colors: Colors): string[] {
  const range = `${describeBytes(segment.smallestKey, shownKeyLengthMax)} … ${describeBytes(segment.largestKey, shownKeyLengthMax)}`
  return [
    colors.dim(String(segment.number).padStart(6, '0')) + (hasRuns ? `  run ${segment.run}` : ''),
    colors.blue(bar(segment.sizeBytes, largest, barWidth / 2)),
    formatBytes(segment.sizeBytes),
    formatCount(segment.entryCount),
    colors.cyan(range),
  ]
}
