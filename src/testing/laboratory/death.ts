/** The ways in which a process or a machine dies, and what is left on the disk. */
import type { CrashProfile } from '../../fs/crash-image.ts'
import type { MemoryFileSystem, MemoryFileSystemOptions } from '../../fs/memory-file-system.ts'

/**
 * `killed`: the process leaves all that it wrote. `ordered` and `posix`: the power failed, and what was not synced
 * is kept, lost or torn, as file systems like ext4 do it, or as loosely as POSIX allows.
 */
export type Death = 'killed' | CrashProfile

export const deaths: readonly Death[] = ['killed', 'ordered', 'posix']

/** The disk after such a death now. The same seed leaves the same disk. */
export function diskAfter(
  disk: MemoryFileSystem,
  death: Death,
  seed: number,
  options?: MemoryFileSystemOptions,
): MemoryFileSystem {
  return death === 'killed' ? disk.killed(options) : disk.crashed({ seed, profile: death }, options)
}
