/** Random operations on the memory file system and on the real one: the same answers, the same errors. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemCodeOf } from '../errors.ts'
import type { File, FileSystem, OpenMode } from './file-system.ts'
import { MemoryFileSystem } from './memory-file-system.ts'
import { nodeFileSystem } from './node-file-system.ts'

type Step =
  | { do: 'open'; path: string; mode: OpenMode; slot: number }
  | { do: 'write'; slot: number; position: number; length: number; byte: number }
  | { do: 'read'; slot: number; position: number; length: number }
  | { do: 'close' | 'sync' | 'size'; slot: number }
  | { do: 'rename'; path: string; to: string }
  | { do: 'unlink' | 'list' | 'makeDirectory' | 'syncDirectory'; path: string }

const paths = ['/a', '/b', '/d', '/d/a', '/d/b', '/d/e', '/d/e/a', '/a/b']
const path = fc.constantFrom(...paths)
const slot = fc.nat({ max: 2 })
const position = fc.nat({ max: 6_000 })
const length = fc.nat({ max: 6_000 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      path,
      mode: fc.constantFrom<OpenMode>('read', 'update', 'create'),
      slot,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      slot,
      position,
      length,
      byte: fc.nat({ max: 255 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), slot, position, length }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'sync' as const, 'size' as const), slot }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), path, to: path }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'unlink' as const,
        'list' as const,
        'makeDirectory' as const,
        'syncDirectory' as const,
      ),
      path,
    }),
  },
)

/** Carries out steps under `base` and tells what came of each, in words that are the same for any file system. */
class Walker {
  readonly #fs: FileSystem
  readonly #base: string
  readonly #slots: Array<File | undefined> = []

  constructor(fs: FileSystem, base: string) {
    this.#fs = fs
    this.#base = base
  }

  async walk(step: Step): Promise<string> {
    try {
      return await this.#carryOut(step)
    } catch (error) {
      const code = systemCodeOf(error)
      if (code === undefined) throw error
      return code
    }
  }

  async end(): Promise<void> {
    for (const file of this.#slots) await file?.close()
  }

  async #carryOut(step: Step): Promise<string> {
    const at = 'path' in step ? this.#base + step.path : ''
    switch (step.do) {
      case 'open': {
        const file = await this.#fs.open(at, step.mode)
        // Systems differ in when they notice that a directory is none: see file-system.test.ts.
        await file.read(new Uint8Array(1), 0).catch(async (error) => {
          await file.close()
          throw error
        })
        await this.#slots[step.slot]?.close()
        this.#slots[step.slot] = file
        return 'opened'
      }
      case 'rename':
        await this.#fs.rename(at, this.#base + step.to)
        return 'renamed'
      case 'unlink':
        await this.#fs.unlink(at)
        return 'unlinked'
      case 'list':
        return JSON.stringify((await this.#fs.list(at)).map(({ name, kind }) => `${name} ${kind}`).sort())
      case 'makeDirectory':
        await this.#fs.makeDirectory(at)
        return 'made'
      case 'syncDirectory':
        await this.#fs.syncDirectory(at)
        return 'synced'
      default:
        return this.#useFile(step)
    }
  }

  async #useFile(step: Extract<Step, { slot: number }>): Promise<string> {
    const file = this.#slots[step.slot]
    if (file === undefined) return 'nothing open'
    switch (step.do) {
      case 'write':
        await file.write(new Uint8Array(step.length).fill(step.byte), step.position)
        return 'written'
      case 'read': {
        const target = new Uint8Array(step.length)
        const count = await file.read(target, step.position)
        return Buffer.from(target.subarray(0, count)).toString('base64')
      }
      case 'size':
        return String(await file.size())
      case 'sync':
        await file.sync()
        return 'synced'
      default:
        await file.close()
        return 'closed'
    }
  }
}

// Other systems differ in the codes of misuse that Varve never commits.
test.runIf(process.platform === 'linux')('the memory file system answers like the real one', async () => {
  const base = await mkdtemp(join(tmpdir(), 'varve-model-'))
  let run = 0
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const directory = join(base, String(++run))
        await nodeFileSystem.makeDirectory(directory)
        const memory = new MemoryFileSystem()
        await memory.makeDirectory(directory)
        const real = new Walker(nodeFileSystem, directory)
        const model = new Walker(memory, directory)
        try {
          for (const [index, step] of steps.entries()) {
            const [found, expected] = [await model.walk(step), await real.walk(step)]
            expect(found, `step ${index}: ${JSON.stringify(step)}`).toBe(expected)
          }
          // What a killed process leaves is what the walk sees.
          const survivor = new Walker(memory.killed(), directory)
          for (const path of paths) {
            const step: Step = { do: 'list', path }
            expect(await survivor.walk(step)).toBe(await real.walk(step))
          }
        } finally {
          await Promise.all([real.end(), model.end()])
        }
      }),
      { numRuns: 150 },
    )
  } finally {
    await rm(base, { recursive: true, force: true })
  }
})
