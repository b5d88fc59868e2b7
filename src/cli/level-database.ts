/**
 * LevelDB databases to import from, read through the optional package classic-level: that of this package, or that
 * of the folder in which the tool runs, which is the app's that is being moved.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import { systemCodeOf } from '../errors.ts'
import { CommandError } from './cli-error.ts'
import type { LevelDatabase } from './host.ts'

type ByteLevel = ClassicLevel<Uint8Array, Uint8Array>
type ClassicLevelModule = typeof import('classic-level')

const portionLength = 1_000
const portionBytes = 1024 * 1024

/** Opens a database that is there. Throws `CommandError` with what to do. */
export async function openLevelDatabase(path: string, workingFolder: string): Promise<LevelDatabase> {
  await checkLevelFolder(path)
  const { ClassicLevel } = await loadClassicLevel(workingFolder)
  const bytes = { keyEncoding: 'view', valueEncoding: 'view', createIfMissing: false } as const
  const level: ByteLevel = new ClassicLevel<Uint8Array, Uint8Array>(path, bytes)
  try {
    await level.open()
  } catch (error) {
    throw openingFailed(path, error)
  }
  return new OpenLevelDatabase(level)
}

class OpenLevelDatabase implements LevelDatabase {
  readonly #level: ByteLevel

  constructor(level: ByteLevel) {
    this.#level = level
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#level.get(key)
  }

  sizeUpTo(key: Uint8Array | undefined): Promise<number> {
    return this.#level.approximateSize(new Uint8Array(0), key ?? new Uint8Array(1024).fill(255))
  }

  async *portionsAfter(key: Uint8Array | undefined): AsyncGenerator<[Uint8Array, Uint8Array][]> {
    const walk = { highWaterMarkBytes: portionBytes, ...(key && { gt: key }) }
    const iterator = this.#level.iterator<Uint8Array, Uint8Array>(walk)
    try {
      for (;;) {
        const entries = await iterator.nextv(portionLength, {})
        if (entries.length === 0) return
        yield entries
      }
    } finally {
      await iterator.close()
    }
  }

  close(): Promise<void> {
    return this.#level.close()
  }
}

/** classic-level would make files in any folder, so it only gets to see those of LevelDB. */
async function checkLevelFolder(path: string): Promise<void> {
  const current = await readFile(join(path, 'CURRENT'), 'utf8').catch((error: unknown) => {
    const code = systemCodeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    throw new CommandError(`cannot read ${join(path, 'CURRENT')}: ${(error as Error).message}`)
  })
  if (/^MANIFEST-\d+\n$/.test(current)) return
  throw new CommandError(
    `there is no LevelDB in ${path}`,
    'DIR is the folder that was given to classic-level.',
  )
}

async function loadClassicLevel(workingFolder: string): Promise<ClassicLevelModule> {
  try {
    return await import('classic-level')
  } catch {
    // Not beside this package; the app that is being moved has it.
  }
  try {
    return createRequire(join(workingFolder, 'package.json'))('classic-level') as ClassicLevelModule
  } catch (error) {
    if (systemCodeOf(error) !== 'MODULE_NOT_FOUND') throw error
    throw new CommandError(
      'the package classic-level is not installed, which reads LevelDB',
      'Install it where the command is run, also for this once: npm install --no-save classic-level',
    )
  }
}

function openingFailed(path: string, error: unknown): CommandError {
  const { cause = error } = error as Error
  const isLocked = systemCodeOf(cause) === 'LEVEL_LOCKED'
  const reason = isLocked ? 'an app has it open' : (cause as Error).message
  return new CommandError(
    `cannot open the LevelDB ${path}: ${reason}`,
    isLocked ? 'Stop the app first.' : undefined,
  )
}
