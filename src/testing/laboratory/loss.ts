/** What a death took from a disk, in sentences, for whoever reads why a check failed. */
import type { File } from '../../fs/file-system.ts'
import type { MemoryFileSystem } from '../../fs/memory-file-system.ts'

const sectorSizeBytes = 512

/** Compares the disk before a death with what that left: one sentence for each file that differs, by its path. */
export async function describeLoss(before: MemoryFileSystem, after: MemoryFileSystem): Promise<string[]> {
  const [was, is] = [await filesOf(before), await filesOf(after)]
  const paths = [...new Set([...was.keys(), ...is.keys()])].sort()
  return paths.flatMap((path) => differenceOf(path, was.get(path), is.get(path)))
}

function differenceOf(path: string, was: Uint8Array | undefined, is: Uint8Array | undefined): string[] {
  if (was === undefined) return [`${path}: is back`]
  if (is === undefined) return [`${path}: is gone, ${was.length} bytes`]
  const said: string[] = []
  if (is.length < was.length) said.push(`ends at byte ${is.length} instead of ${was.length}`)
  if (is.length > was.length) said.push(`ends at byte ${is.length}, it had ${was.length}`)
  const sectors = differingSectors(was, is)
  if (sectors.length > 0) said.push(`holds other bytes in ${sectors.length} sectors from ${sectors[0]} on`)
  return said.length === 0 ? [] : [`${path}: ${said.join(', ')}`]
}

/** Where sectors begin that differ in the part that both have. */
function differingSectors(was: Uint8Array, is: Uint8Array): number[] {
  const starts: number[] = []
  const end = Math.min(was.length, is.length)
  for (let start = 0; start < end; start += sectorSizeBytes) {
    const stop = Math.min(start + sectorSizeBytes, end)
    if (was.subarray(start, stop).some((byte, i) => byte !== is[start + i])) starts.push(start)
  }
  return starts
}

async function filesOf(disk: MemoryFileSystem, folder = ''): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const { name, kind } of await disk.list(folder)) {
    const path = `${folder}/${name}`
    if (kind === 'directory') for (const [inner, bytes] of await filesOf(disk, path)) files.set(inner, bytes)
    else files.set(path, bytesOf(disk.openSync(path, 'read')))
  }
  return files
}

function bytesOf(file: File): Uint8Array {
  const bytes = new Uint8Array(file.sizeSync())
  file.readSync(bytes, 0)
  file.closeSync()
  return bytes
}
