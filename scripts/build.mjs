// Writes dist/: the kernel's modules, the library by tsc, one file a source file, and the command-line tool as one
// bundle.
//
// Everything is built in a folder of its own first and then moved over file by file. So a failed build leaves
// the last good dist/ alone, and a program running from dist/ never meets a half-written file.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { build } from 'esbuild'
import { builtFromFile, digestOfInputs, root } from './prepare.mjs'

const source = join(root, 'src')
const dist = join(root, 'dist')
const fresh = join(root, `.dist-${process.pid}`)

const builtFrom = digestOfInputs()
try {
  await import('./build-kernel.mjs')
  compileLibrary()
  await bundleTool()
  replaceDist()
  writeFileSync(builtFromFile, builtFrom)
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

function compileLibrary() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh]
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (result.status === 0) return
  rmSync(fresh, { recursive: true, force: true })
  process.exit(1)
}

async function bundleTool() {
  const entry = join(source, 'main.ts')
  const hashbang = readFileSync(entry, 'utf8').startsWith('#!') ? [] : ['#!/usr/bin/env node']
  // The bundled CommonJS packages ask for Node's modules by require(), which an ES module has to make itself.
  const require = [
    "import { createRequire as createRequireForBundle } from 'node:module'",
    'const require = createRequireForBundle(import.meta.url)',
  ]
  const outfile = join(fresh, 'cli', 'varve.js')
  const result = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    // Optional, native, and found where the user has it.
    external: ['classic-level'],
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: [...hashbang, ...require].join('\n') },
    plugins: [libraryStaysOutside()],
    metafile: true,
    logLevel: 'warning',
  })
  chmodSync(outfile, 0o755)
  writeFileSync(join(fresh, 'cli', 'LICENSES.txt'), licensesOf(Object.keys(result.metafile.inputs)))
}

/**
 * The tool shares the library's files in dist/ instead of carrying a second copy of them: two copies would have
 * two of every error class. What lies in src/ outside src/cli is therefore imported from where tsc puts it.
 * @returns {import('esbuild').Plugin}
 */
function libraryStaysOutside() {
  return {
    name: 'library-stays-outside',
    setup(builder) {
      builder.onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir, kind }) => {
        if (kind === 'entry-point') return undefined
        const inside = relative(source, join(resolveDir, path)).split(sep).join('/')
        if (inside.startsWith('../') || inside.startsWith('cli/') || inside === 'main.ts') return undefined
        return { path: `../${inside.replace(/\.ts$/, '.js')}`, external: true }
      })
    },
  }
}

/**
 * The licences of the packages inside the bundle, which all ask to travel along.
 * @param {string[]} inputs
 */
function licensesOf(inputs) {
  const folders = inputs.map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
  const texts = [...new Set(folders.filter((folder) => folder !== undefined))].sort().map((folder) => {
    const names = readdirSync(join(root, folder))
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const file = names.find((each) => /^licen[cs]e/i.test(each))
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : ''
    return `${name} ${version} (${license})\n\n${text}\n`
  })
  return ['varve.js contains these packages.\n', ...texts].join(`\n${'-'.repeat(72)}\n\n`)
}

function replaceDist() {
  const names = filesIn(fresh)
  for (const name of names) {
    const target = join(dist, name)
    if (existsSync(target) && readFileSync(target).equals(readFileSync(join(fresh, name)))) continue
    mkdirSync(dirname(target), { recursive: true })
    renameSync(join(fresh, name), target)
  }
  const kept = new Set(names)
  for (const name of filesIn(dist)) if (!kept.has(name)) rmSync(join(dist, name))
}

/**
 * @param {string} folder
 * @returns {string[]} the files below it, by their path inside it
 */
function filesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => relative(folder, join(found.parentPath, found.name)))
}
