/** Tables and bars of text. */
import { stripVTControlCharacters } from 'node:util'

export interface Column {
  /** Where the cell stands in its column. Default: left. */
  readonly align?: 'left' | 'right'
}

/** Rows with their cells under each other, two spaces between. Colours take no room. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, index) => Math.max(0, ...rows.map((row) => visibleLength(row[index] ?? ''))))
  return rows.map((row) => {
    const cells = columns.map((column, index) =>
      padded(row[index] ?? '', widths[index] as number, column.align),
    )
    return cells.join('  ').trimEnd()
  })
}

/** `part` of `whole` as a bar of `width` cells; anything above nothing shows at least one. */
export function bar(part: number, whole: number, width: number): string {
  if (part <= 0 || whole <= 0) return '░'.repeat(width)
  const full = Math.max(1, Math.min(width, Math.round((part / whole) * width)))
  return '█'.repeat(full) + '░'.repeat(width - full)
}

function padded(cell: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(width - visibleLength(cell))
  return align === 'right' ? space + cell : cell + space
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length
}
