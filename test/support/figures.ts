/**
 * How much the large tests do, and what they did. `npm test` does what the clock allows; `npm run test:soak` sets
 * `VARVE_SOAK` to a share of the long run (1 for all of it), and gathers the figures in the file `VARVE_FIGURES`.
 */
import { appendFileSync } from 'node:fs'

const soakShare: number | undefined =
  process.env.VARVE_SOAK === undefined ? undefined : Number(process.env.VARVE_SOAK)

/** How many rounds to do: so many in `npm test`, or their share of so many in the soak, rounded up. */
export function roundCountOf(inTest: number, inSoak: number): number {
  return soakShare === undefined ? inTest : Math.ceil(inSoak * soakShare)
}

/** Notes what was done without a failure. Figures of the same name add up. */
export function reportFigure(name: string, count: number): void {
  console.log(`${name}: ${count.toLocaleString('en-US')}, failures 0`)
  const path = process.env.VARVE_FIGURES
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ name, count })}\n`)
}
