// What `npm start` and `npm test` need first: installed packages and a fresh dist/. Node's own modules only,
// because on a new clone nothing else is there yet. Everything said here goes to stderr.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Names the inputs that dist/ was built from. */
export const builtFromFile = join(root, 'dist', '.built-from')

/** The WebAssembly modules: what each is compiled from and where it goes. */
export const kernelModules = ['table', 'merge', 'lz4'].map((kind) => ({
  name: `${kind}-module`,
  entry: join(root, 'assembly', kind, 'index.ts'),
  output: join(root, 'src', 'kernel', `${kind}-module.ts`),
}))

/** Installs the packages of a folder's package-lock.json unless its node_modules/ already holds exactly those. */
export function ensureInstalled(folder = root) {
  checkNodeVersion()
  if (isInstalled(folder)) return
  say(`Installing packages${folder === root ? '' : ` of ${relative(root, folder)}/`} (npm ci) …`)
  run(npm(), ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci', folder)
}

/** Builds dist/ unless it was built from the sources as they are now. */
export function ensureBuilt() {
  if (isBuilt()) return
  say('Building dist/ …')
  run([process.execPath], [join(root, 'scripts', 'build.mjs')], 'the build')
}

/** A digest of name, time and size of everything the build reads; changes when a file comes or goes, too. */
export function digestOfInputs() {
  const digest = createHash('sha256')
  const generated = new Set(kernelModules.map(({ output }) => output))
  const add = (/** @type {string} */ path) => {
    const found = statSync(join(root, path), { throwIfNoEntry: false })
    if (found?.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`)
    } else if (found && !path.endsWith('.test.ts') && !generated.has(join(root, path))) {
      digest.update(`${path} ${found.mtimeMs} ${found.size}\n`)
    }
  }
  const inputs = [
    'src',
    'assembly',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]
  for (const path of [...inputs, 'scripts/build.mjs', 'scripts/build-kernel.mjs']) add(path)
  return digest.digest('hex')
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  say(`Varve needs Node 20.19 or newer; this is ${process.version}.`)
  process.exit(1)
}

/** npm keeps the list of what it installed in node_modules/; it must agree with our lock, whatever the file times. */
function isInstalled(/** @type {string} */ folder) {
  const wanted = lockedPackages(join(folder, 'package-lock.json'))
  const present = lockedPackages(join(folder, 'node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (entry.optional && !(path in present))) return true
    return present[path]?.version === entry.version && existsSync(join(folder, path, 'package.json'))
  })
}

/**
 * @param {string} file
 * @returns {Record<string, { version: string, optional?: boolean }>}
 */
function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {}
}

function isBuilt() {
  const built = ['index.js', 'index.d.ts', 'cli/varve.js'].map((name) => join(root, 'dist', name))
  const modules = kernelModules.filter(({ entry }) => existsSync(entry)).map(({ output }) => output)
  if (![...built, ...modules].every((path) => existsSync(path)) || !existsSync(builtFromFile)) return false
  return readFileSync(builtFromFile, 'utf8') === digestOfInputs()
}

/** The npm that called us, else the one on the path. */
export function npm() {
  const caller = process.env.npm_execpath
  return caller?.endsWith('npm-cli.js') ? [process.execPath, caller] : ['npm']
}

/**
 * Runs to the end in silence; a failure shows all that was printed and ends this process.
 * @param {string[]} command
 * @param {string[]} args
 * @param {string} title
 * @param {string} folder
 */
function run([program = '', ...first], args, title, folder = root) {
  const result = spawnSync(program, [...first, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    shell: process.platform === 'win32' && program === 'npm',
  })
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  say(`${title} failed${result.error ? `: ${result.error.message}` : ''}`)
  process.exit(1)
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`)
}
