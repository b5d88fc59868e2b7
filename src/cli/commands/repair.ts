/** `repair`: saves what is whole of a damaged store into a new one. */
import { describeBytes } from '../../bytes/describe-bytes.ts'
import type { LostKeys, LostRange, RepairProgress, RepairReport } from '../../repair/repair-report.ts'
import type { CommandContext, CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { jsonOfData } from '../report.ts'
import { counted, formatBytes, formatDuration } from '../terminal/amounts.ts'
import { Progress } from '../terminal/progress.ts'

export const repairCommand: CommandRow = {
  name: 'repair',
  summary: 'save what is whole of a damaged store into a new one',
  details: `Reads the store's files, whatever is left of them, and writes the newest version of every key that is whole into a new
store in the folder TARGET, which must be empty or not there yet. The damaged store is not changed, and must not be open
elsewhere. Exit code 1 when something is lost or in doubt: the ranges are listed, with the damaged places.

  varve repair varve-repaired
  varve --store damaged repair repaired --json`,
  arguments: [{ name: 'TARGET', summary: 'the folder of the new store', required: true, completes: 'file' }],
  options: {},
  place: 'shell',
  async run(context, [target = '']) {
    const { host, talk } = context
    let progress: Progress | undefined
    let phase: RepairProgress['phase'] | undefined
    try {
      const beganMs = host.clock.monotonicMs()
      const report = await host.repair(context.storePath, {
        target,
        signal: context.signal,
        onProgress: (told) => {
          if (phase !== told.phase) progress = new Progress(talk, host.clock, told.phase, told.totalBytes)
          phase = told.phase
          progress?.update(told.entryCount, told.doneBytes, told.doneBytes)
        },
      })
      progress?.end()
      await tell(context, report, host.clock.monotonicMs() - beganMs)
      return report.ok ? ExitCode.ok : ExitCode.failed
    } finally {
      progress?.end()
    }
  },
}

async function tell(context: CommandContext, report: RepairReport, durationMs: number): Promise<void> {
  if (context.format === 'json') await context.output.write(`${jsonOfData(report)}\n`)
  else await context.output.write(`${describe(context, report).join('\n')}\n`)
  context.talk.say(`repaired in ${formatDuration(durationMs)}`)
}

function describe(context: CommandContext, report: RepairReport): string[] {
  const { colors } = context.style
  const { entryCount, byteCount, doubtfulCount, target, damagedFiles, unusedFiles, lost, ok } = report
  const amount = `${counted(entryCount, 'entry', 'entries')} (${formatBytes(byteCount)}) in ${target}`
  const doubt =
    doubtfulCount === 0 ? [] : [`${counted(doubtfulCount, 'entry', 'entries')} of them may be outdated`]
  return [
    ...damagedFiles.map(
      ({ path, offset, reason }) => `${colors.red('damaged')}: ${path}, offset ${offset}: ${reason}`,
    ),
    ...unusedFiles.map((path) => `${colors.dim('not used')}: ${path}`),
    ...lost.map((range) => `${colors.red('lost')}: ${rangeText(range)}`),
    `${ok ? colors.green('nothing is lost') : colors.red('something may be lost')}: ${[amount, ...doubt].join(', ')}`,
  ]
}

function rangeText({ path, offset, length, keys }: LostRange): string {
  return `entries ${boundsText(keys)} may be missing, outdated, or back though deleted (${path}, ${length} bytes from offset ${offset})`
}

function boundsText({ gt, gte, lt, lte }: LostKeys): string {
  const from = gt === undefined ? gte && `from ${describeBytes(gte)}` : `after ${describeBytes(gt)}`
  const to = lt === undefined ? lte && `up to ${describeBytes(lte)}` : `before ${describeBytes(lt)}`
  return from === undefined && to === undefined
    ? 'of any key'
    : [from, to].filter((text) => text !== undefined).join(' ')
}
