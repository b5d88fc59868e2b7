/** Numbers that tell the jobs of one open store from those of another. Of this process, never on disk. */

let last = 0

export function nextStoreNumber(): number {
  last += 1
  return last
}
