/** What a run was made on. */
import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

const fileSystems = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs, in memory'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
  [0x6969, 'nfs'],
])

/** @param {string} folder where the stores are made */
export function describeMachine(folder) {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processorCount: availableParallelism(),
    memoryBytes: totalmem(),
    fileSystem: fileSystemOf(folder),
    loadAverage: loadavg(),
    virtual: isVirtual(),
  }
}

/** @param {string} folder */
function fileSystemOf(folder) {
  const { type } = statfsSync(folder)
  return fileSystems.get(type) ?? `type 0x${type.toString(16)}`
}

function isVirtual() {
  if (process.platform !== 'linux') return undefined
  return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'latin1'))
}
