/**
 * Charts with logarithmic axes as one SVG: costs upwards, entries to the right. A cost that grows with the
 * logarithm of the size is a nearly level line; one that grows with the size is a diagonal.
 */

/** @typedef {import('./scale.mjs').Chart} Chart */

const chartWidth = 300
const chartHeight = 230
const columns = 3
const margin = { left: 52, right: 14, top: 30, bottom: 34 }
const colours = ['#0b6e4f', '#c1440e', '#2f4b9c', '#8a6d00', '#7a2e8a']

/** @param {readonly Chart[]} charts */
export function plotOf(charts) {
  const rows = Math.ceil(charts.length / columns)
  const width = columns * chartWidth
  const height = rows * chartHeight + 26
  const body = charts.map((chart, i) => {
    const x = (i % columns) * chartWidth
    const y = Math.floor(i / columns) * chartHeight
    return `<g transform="translate(${x} ${y})">${drawn(chart)}</g>`
  })
  const names = [...new Set(charts.flatMap(({ lines }) => lines.map(({ name }) => name)))]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ' font-family="system-ui, sans-serif" font-size="11" fill="#222">',
    '<title>Cost of an operation against the number of entries</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...body,
    `<g transform="translate(${margin.left} ${rows * chartHeight + 10})">${legend(names)}</g>`,
    '</svg>\n',
  ].join('\n')
}

/** @param {Chart} chart */
function drawn({ title, unit, lines }) {
  const points = lines.flatMap(({ points }) => points)
  const across = scaleOf(
    points.map(([entries]) => entries),
    margin.left,
    chartWidth - margin.right,
  )
  const up = scaleOf(
    points.map(([, cost]) => cost),
    chartHeight - margin.bottom,
    margin.top,
  )
  const bottom = chartHeight - margin.bottom
  return [
    `<text x="${margin.left}" y="16" font-weight="600">${title} (${unit})</text>`,
    ...up.ticks.map((tick) => {
      const y = round(up.at(tick))
      return (
        `<line x1="${margin.left}" x2="${chartWidth - margin.right}" y1="${y}" y2="${y}" stroke="#ddd"/>` +
        `<text x="${margin.left - 6}" y="${y + 4}" text-anchor="end">${tickText(tick)}</text>`
      )
    }),
    ...across.ticks.map((tick) => {
      const x = round(across.at(tick))
      return (
        `<line x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}" stroke="#888"/>` +
        `<text x="${x}" y="${bottom + 17}" text-anchor="middle">10` +
        `<tspan dy="-4" font-size="8">${Math.round(Math.log10(tick))}</tspan></text>`
      )
    }),
    ...lines.map(({ name, points }) => {
      const colour = colourOf(lines.map((each) => each.name).indexOf(name))
      const places = points.map(([entries, cost]) => [round(across.at(entries)), round(up.at(cost))])
      const dots = places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`)
      return `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`
    }),
  ].join('\n')
}

/** @param {readonly string[]} names */
function legend(names) {
  return names
    .map((name, i) => {
      const x = i * 130
      return `<rect x="${x}" y="-8" width="10" height="10" fill="${colourOf(i)}"/><text x="${x + 15}" y="1">${name}</text>`
    })
    .join('')
}

/** @param {number} place */
function colourOf(place) {
  return colours[place % colours.length]
}

/**
 * A logarithmic axis over whole powers of ten.
 *
 * @param {readonly number[]} values above 0
 * @param {number} from
 * @param {number} to
 */
function scaleOf(values, from, to) {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (/** @type {number} */ value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  }
}

/** @param {number} tick */
function tickText(tick) {
  return tick >= 1 ? tick.toLocaleString('en-US') : String(Number(tick.toPrecision(1)))
}

/** @param {number} place */
function round(place) {
  return Math.round(place * 10) / 10
}
