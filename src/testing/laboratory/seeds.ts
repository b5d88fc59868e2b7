/** Seeds that come from one seed, so that parts of a run draw from sources of their own. */

/** Another seed for each pair; for near pairs as different as for far ones. */
export function seedFrom(seed: number, stream: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 32)
}
