/** The name that somebody probably meant, for errors about names that do not exist. */

/** More changes than this and the guess would be noise. */
const distanceMax = 3

/** The one of `names` that takes the fewest changed letters to reach, or `undefined` when all are far. */
export function closestName(wrong: string, names: readonly string[]): string | undefined {
  let closest: string | undefined
  let least = Math.min(distanceMax, Math.ceil(wrong.length / 2)) + 1
  for (const name of names) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase())
    if (distance >= least) continue
    least = distance
    closest = name
  }
  return closest
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
