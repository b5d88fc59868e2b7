/** The seed of a run: `VARVE_SEED`, or a new one, printed, so that a failure can be repeated. */

export const runSeed: number = Number(process.env.VARVE_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** Throws the error again with what repeats the run in its message. */
export function failWithSeed(error: unknown, where: string): never {
  throw new Error(`${where}: repeat with VARVE_SEED=${runSeed}`, { cause: error })
}
