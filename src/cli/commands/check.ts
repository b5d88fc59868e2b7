/** `check`: verifies every checksum and invariant of the store. */

import { CorruptionError, UnsupportedFormatError } from '../../errors.ts'
import type { CheckReport } from '../../store/store-status.ts'
import type { CommandContext, CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { untilAborted } from '../interrupts.ts'
import { jsonOfData } from '../report.ts'
import { counted, formatBytes } from '../terminal/amounts.ts'

export const check: CommandRow = {
  name: 'check',
  summary: 'verify every checksum; exit code 1 when something is damaged',
  details: 'Reads every file of the store and changes nothing but what opening the store changes.',
  arguments: [],
  options: {},
  async run(context) {
    const report = await checkStore(context)
    if (context.format === 'json') await context.output.write(`${jsonOfData(report)}\n`)
    else await context.output.write(describe(context, report))
    return report.ok ? ExitCode.ok : ExitCode.failed
  },
}

/** A store that is too damaged to be opened has one problem more than it can tell. */
async function checkStore(context: CommandContext): Promise<CheckReport> {
  try {
    const store = await context.existingStore()
    return await untilAborted(store.check(), context.signal)
  } catch (error) {
    const isDamage = error instanceof CorruptionError || error instanceof UnsupportedFormatError
    if (!isDamage) throw error
    const place = error instanceof CorruptionError ? error : { path: context.storePath, offset: undefined }
    const problem = { path: place.path, offset: place.offset, message: `cannot be opened: ${error.message}` }
    return { ok: false, fileCount: 0, byteCount: 0, entryCount: 0, problems: [problem] }
  }
}

function describe(context: CommandContext, report: CheckReport): string {
  const { colors } = context.style
  const amount = `${counted(report.fileCount, 'file')}, ${formatBytes(report.byteCount)}, ${counted(report.entryCount, 'entry', 'entries')}`
  if (report.ok) return `${colors.green('ok')}: ${amount}\n`
  const lines = report.problems.map(({ path, offset, message }) => {
    const place = offset === undefined ? '' : `, offset ${offset}`
    return `${colors.red('damaged')}: ${path}${place}: ${message}\n`
  })
  return `${lines.join('')}${counted(report.problems.length, 'problem')} in ${amount}\n`
}
