/** Numbers and tables as Markdown. */

/** @param {number | undefined} number */
export function amount(number) {
  if (number === undefined || Number.isNaN(number)) return ''
  if (number >= 1e6) return `${(number / 1e6).toFixed(2)} M`
  if (number >= 1e4) return `${Math.round(number / 1e3)} k`
  if (number >= 1e3) return `${(number / 1e3).toFixed(1)} k`
  if (number >= 100) return String(Math.round(number))
  return number >= 10 ? number.toFixed(1) : number.toFixed(2)
}

/** @param {number | undefined} ratio */
export function times(ratio) {
  if (ratio === undefined) return ''
  return ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2)
}

/** Microseconds, in the unit that suits. @param {number | undefined} us */
export function duration(us) {
  if (us === undefined) return ''
  if (us >= 1e6) return `${(us / 1e6).toFixed(1)} s`
  if (us >= 1e4) return `${Math.round(us / 1e3)} ms`
  if (us >= 1e3) return `${(us / 1e3).toFixed(1)} ms`
  return us >= 10 ? `${Math.round(us)} us` : `${us.toFixed(us >= 1 ? 1 : 2)} us`
}

/** @param {number | undefined} bytes */
export function mebibytes(bytes) {
  return bytes === undefined ? '' : String(Math.round(bytes / 1024 / 1024))
}

/**
 * @param {readonly string[]} head the first column is text, the others numbers
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
