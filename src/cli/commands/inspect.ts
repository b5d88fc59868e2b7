/** `inspect`: what is inside one file of a store. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FileInspection, FilePart } from '../../fs/file-inspection.ts'
import { CommandError } from '../cli-error.ts'
import type { CommandContext, CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { jsonOfData } from '../report.ts'
import { tableLines } from '../terminal/drawing.ts'

export const inspect: CommandRow = {
  name: 'inspect',
  summary: 'show what is inside a segment, log, manifest, CURRENT or CLOSED file',
  details: `FILE is a path, or a name in the folder of the store. The store itself is not opened, so this also works beside a
running program and on damaged stores.

  varve inspect varve-data/CURRENT
  varve inspect 000005.seg --json`,
  arguments: [{ name: 'FILE', summary: 'the file', required: true, completes: 'file' }],
  options: {},
  long: true,
  async run(context, [file = '']) {
    const path = pathOf(context, file)
    const found = await context.host.inspectFile(path)
    const text = context.format === 'json' ? jsonOfData({ path, ...found }) : draw(context, path, found)
    await context.output.write(`${text}\n`)
    return ExitCode.ok
  },
}

function pathOf(context: CommandContext, file: string): string {
  const inStore = join(context.storePath, file)
  const found = [file, inStore].find((path) => existsSync(path))
  if (found === undefined) throw new CommandError(`there is no file ${file}, here or in ${context.storePath}`)
  return found
}

function draw(context: CommandContext, path: string, { kind, properties, parts }: FileInspection): string {
  const { colors } = context.style
  const facts = Object.entries(properties).map(([name, value]) => [colors.bold(name), textOf(value)])
  const head = tableLines([{}, {}], [[colors.bold('file'), path], [colors.bold('kind'), kind], ...facts])
  const title = ['offset', 'length', 'part', ''].map((cell) => colors.bold(cell))
  const columns = [{ align: 'right' }, { align: 'right' }, {}, {}] as const
  const rows = parts.map((part) =>
    partCells(part).map((cell, index) => (index === 2 ? colors.cyan(cell) : cell)),
  )
  return [...head, '', ...tableLines(columns, [title, ...rows])].join('\n')
}

function partCells({ offset, length, kind, details }: FilePart): string[] {
  return [String(offset), String(length), kind, textOf(details)]
}

/** Data in one line: `entryCount 12, smallestKey "a"`. */
function textOf(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    return jsonOfData(value)
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return members.map(([name, member]) => `${name} ${jsonOfData(member)}`).join(', ')
}
