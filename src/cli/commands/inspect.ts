/** `inspect`: what is inside one file of a store. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describeBytes } from '../../bytes/describe-bytes.ts'
import type { FileInspection, FilePart } from '../../fs/file-inspection.ts'
import { CommandError } from '../cli-error.ts'
import type { CommandContext, CommandRow } from '../command.ts'
import { ExitCode } from '../exit-code.ts'
import { jsonOfData } from '../report.ts'
import { tableLines } from '../terminal/drawing.ts'
import type { Colors } from '../terminal/text-style.ts'

export const inspect: CommandRow = {
  name: 'inspect',
  summary: 'show what is inside a segment, log, manifest, CURRENT or CLOSED file',
  details: `FILE is a path, or a name in the folder of the store. The store itself is not opened, so this also works beside a
running program and on damaged stores. Exit code 1 when a part is damaged.

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
    return found.parts.some(isDamaged) ? ExitCode.failed : ExitCode.ok
  },
}

function pathOf(context: CommandContext, file: string): string {
  const inStore = join(context.storePath, file)
  const found = [file, inStore].find((path) => existsSync(path))
  if (found === undefined) throw new CommandError(`there is no file ${file}, here or in ${context.storePath}`)
  return found
}

function isDamaged({ kind }: FilePart): boolean {
  return kind === 'damaged'
}

function draw(context: CommandContext, path: string, { kind, properties, parts }: FileInspection): string {
  const { colors } = context.style
  const facts = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [colors.bold(name), textOf(value)])
  const head = tableLines([{}, {}], [[colors.bold('file'), path], [colors.bold('kind'), kind], ...facts])
  const title = ['offset', 'length', 'part', ''].map((cell) => colors.bold(cell))
  const columns = [{ align: 'right' }, { align: 'right' }, {}, {}] as const
  const rows = parts.map((part) => partCells(part, colors))
  return [...head, '', ...tableLines(columns, [title, ...rows])].join('\n')
}

function partCells(part: FilePart, colors: Colors): string[] {
  const { offset, length, kind, details } = part
  const color = isDamaged(part) ? colors.red : colors.cyan
  return [String(offset), String(length), color(kind), textOf(details)]
}

/** Data in one line, members by name: `entryCount 12, smallestKey "a"`. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return describeBytes(value)
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return members.map(([name, member]) => `${name} ${nested(member)}`).join(', ')
}

function nested(value: unknown): string {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && !(value instanceof Uint8Array) ? `{ ${textOf(value)} }` : textOf(value)
}
