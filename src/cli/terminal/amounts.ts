/** Sizes, counts and times as people read them. */

const units: readonly string[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `12.3 MiB`: three digits, steps of 1,024, as in the settings of a store. */
export function formatBytes(bytes: number): string {
  let unit = 0
  let amount = bytes
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 ? amount : threeDigits(amount)} ${units[unit] as string}`
}

/** `63,666`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `1 entry`, `2 entries`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** `85 ms`, `1.24 s`, `3 min 20 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 99.95) return `${threeDigits(seconds)} s`
  const minutes = Math.floor(Math.round(seconds) / 60)
  return `${minutes} min ${Math.round(seconds) % 60} s`
}

function threeDigits(amount: number): string {
  if (amount >= 99.95) return amount.toFixed(0)
  return amount >= 9.995 ? amount.toFixed(1) : amount.toFixed(2)
}
