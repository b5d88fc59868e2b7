/** The ways in which a process or a machine dies. */
import type { CrashProfile } from '../../src/fs/crash-image.ts'
import type { MemoryFileSystem, MemoryFileSystemOptions } from '../../src/fs/memory-file-system.ts'
import type { SeededRandom } from '../../src/fs/seeded-random.ts'

/** Killed, the process leaves all that it wrote; when the power fails, what the profile allows. */
export type Death = 'killed' | CrashProfile

export const deaths: readonly Death[] = ['killed', 'ordered', 'posix']

/** The disk after such a death now. */
export function diskAfter(
  disk: MemoryFileSystem,
  death: Death,
  random: SeededRandom,
  options?: MemoryFileSystemOptions,
): MemoryFileSystem {
  if (death === 'killed') return disk.killed(options)
  return disk.crashed({ seed: random.upTo(2 ** 31), profile: death }, options)
}
