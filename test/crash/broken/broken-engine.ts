/** Builds the engine with a few lines of its sources changed, together with the hunts, and loads that. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Breakage, Change } from './breakages.ts'
import type { Hunts } from './hunts.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Puts the bundle in `folder`. Throws unless each change fits in exactly one place. */
export async function buildBrokenEngine({ name, changes }: Breakage, folder: string): Promise<Hunts> {
  mkdirSync(folder, { recursive: true })
  const outfile = join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`)
  const applied = new Set<Change>()
  try {
    await build({
      entryPoints: [fileURLToPath(new URL('./hunts.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      tsconfigRaw: {},
      logLevel: 'error',
      logOverride: { 'unsupported-jsx-comment': 'silent' },
      plugins: [applying(changes, applied)],
    })
    const missed = changes.find((change) => !applied.has(change))
    if (missed !== undefined) throw new Error(`${name}: src/${missed.file} is no part of the hunts`)
    return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Hunts
  } finally {
    rmSync(outfile, { force: true })
  }
}

function applying(changes: readonly Change[], applied: Set<Change>): Plugin {
  return {
    name: 'breakage',
    setup(builder) {
      for (const file of new Set(changes.map((change) => change.file))) {
        const path = join(root, 'src', file)
        const filter = new RegExp(`${path.replaceAll(/[\\/.]/g, (sign) => `\\${sign}`)}$`)
        builder.onLoad({ filter }, () => {
          let contents = readFileSync(path, 'utf8')
          for (const change of changes.filter((each) => each.file === file)) {
            contents = apply(change, contents)
            applied.add(change)
          }
          return { contents, loader: 'ts' }
        })
      }
    },
  }
}

function apply({ file, find, replace }: Change, text: string): string {
  const parts = text.split(find)
  if (parts.length !== 2)
    throw new Error(`src/${file} holds this ${parts.length - 1} times instead of once:\n${find}`)
  return parts.join(replace)
}
