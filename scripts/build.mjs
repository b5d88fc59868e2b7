// Writes dist/: the kernel's modules, the types by tsc, one file a source file, and the code by esbuild, a few files in all.
// One file a source file would be read at each start: 180 of them, which took three times as long.
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
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { builtFromFile, digestOfInputs, root } from './prepare.mjs'

const source = join(root, 'src')
const dist = join(root, 'dist')
const fresh = join(root, `.dist-${process.pid}`)

/** What is imported or run from outside. */
const entries = {
  index: 'index.ts',
  'adapters/level/varve-level': 'adapters/level/varve-level.ts',
  'adapters/keyv/varve-keyv': 'adapters/keyv/varve-keyv.ts',
  'adapters/unstorage/varve-driver': 'adapters/unstorage/varve-driver.ts',
  'testing/index': 'testing/index.ts',
  'cli/varve': 'main.ts',
}
/** Code that several of them have in common, so that a process has one copy of it: two would have two of every error class. */
const sharedFolder = 'shared'
/** How the library finds the code of its thread: beside its own. */
const workerAddress = './maintenance-worker.cjs'

/** What all code is built with. */
const common = /** @satisfies {import('esbuild').BuildOptions} */ ({
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  charset: 'utf8',
  legalComments: 'none',
  sourcemap: true,
  absWorkingDir: root,
  logLevel: 'warning',
})

const builtFrom = digestOfInputs()
try {
  await import('./build-kernel.mjs')
  compileTypes()
  await bundleCode()
  replaceDist()
  writeFileSync(builtFromFile, builtFrom)
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

function compileTypes() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh]
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (result.status === 0) return
  rmSync(fresh, { recursive: true, force: true })
  process.exit(1)
}

async function bundleCode() {
  const { metafile } = await build({
    ...common,
    entryPoints: Object.entries(entries).map(([out, path]) => ({ in: join(source, path), out })),
    outdir: fresh,
    splitting: true,
    chunkNames: `${sharedFolder}/[hash]`,
    // Optional, and found where the user has them.
    external: ['abstract-level', 'classic-level', 'keyv', 'unstorage'],
    format: 'esm',
    plugins: [builtInModules()],
    metafile: true,
  })
  const tool = join(fresh, 'cli', 'varve.js')
  const code = readFileSync(tool, 'utf8')
  if (!code.startsWith('#!')) throw new Error('src/main.ts does not begin with #!/usr/bin/env node')
  chmodSync(tool, 0o755)
  writeFileSync(join(fresh, 'cli', 'LICENSES.txt'), licensesOf(Object.keys(metafile.inputs)))
  await bundleThread()
  checkWorkerAddress(Object.keys(metafile.outputs))
}

/** One file that needs no other, and no ES module: a thread starts sooner with it. It shares nothing but memory with the rest anyway. */
async function bundleThread() {
  const { metafile } = await build({
    ...common,
    entryPoints: [join(source, 'worker', 'maintenance-worker.ts')],
    outfile: join(fresh, sharedFolder, workerAddress),
    format: 'cjs',
    metafile: true,
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))
  const foreign = [
    ...Object.keys(metafile.inputs).filter((path) => !path.startsWith('src/')),
    ...imports.filter((path) => !path.startsWith('node:')),
  ]
  if (foreign.length > 0) throw new Error(`the thread's code needs more than itself: ${foreign}`)
}

/**
 * Bundled CommonJS packages ask for Node's modules by require(), which an ES module does not have.
 * @returns {import('esbuild').Plugin}
 */
function builtInModules() {
  return {
    name: 'built-in-modules',
    setup(builder) {
      builder.onResolve({ filter: /^(?:node:)?[a-z_/]+$/ }, ({ path, kind }) =>
        kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'built-in' } : undefined,
      )
      builder.onLoad({ filter: /.*/, namespace: 'built-in' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      }))
    },
  }
}

/**
 * The thread is found by an address relative to the file that starts it.
 * @param {string[]} outputs
 */
function checkWorkerAddress(outputs) {
  const starting = outputs.filter((path) => {
    return path.endsWith('.js') && readFileSync(join(root, path), 'utf8').includes(`"${workerAddress}"`)
  })
  const folders = starting.map((path) => relative(fresh, dirname(join(root, path))))
  if (folders.length === 1 && folders[0] === sharedFolder) return
  throw new Error(`the code that starts the thread belongs into ${sharedFolder}/, and is in: ${starting}`)
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
