// Compiles assembly/ (AssemblyScript) into WebAssembly and writes each module into src/kernel/ as base64, so that
// neither the package nor a bundler ever has to find a file beside the code. The output is not under version
// control; it is written anew only when it differs.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import asc from 'assemblyscript/asc'
import { kernelModules } from './prepare.mjs'

/** Memory comes from outside; no start function, no runtime, no allocator: loads and stores alone. */
const common = [
  '--runtime',
  'stub',
  '--importMemory',
  '--initialMemory',
  '1',
  '--noExportMemory',
  '-O3',
  '--converge',
]

/**
 * The table kernel works in memories that two threads share; the others have memories of their own.
 * @type {Record<string, string[]>}
 */
const memoryOf = {
  'table-module': ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads', '--enable', 'simd'],
  'merge-module': [],
  'lz4-module': [],
}

for (const { name, entry, output } of kernelModules) {
  if (!existsSync(entry)) continue
  const text = await compile(name, entry)
  if (existsSync(output) && readFileSync(output, 'utf8') === text) continue
  writeFileSync(output, text)
}

/**
 * @param {string} name
 * @param {string} entry
 * @returns {Promise<string>} the TypeScript that holds the module
 */
async function compile(name, entry) {
  const folder = mkdtempSync(join(tmpdir(), 'varve-kernel-'))
  try {
    const wasm = join(folder, `${name}.wasm`)
    const args = [entry, '--outFile', wasm, '--use', 'abort=', ...common, ...(memoryOf[name] ?? [])]
    const { error, stderr } = await asc.main(args)
    if (error) {
      process.stderr.write(stderr.toString())
      process.exit(1)
    }
    const base64 = readFileSync(wasm).toString('base64')
    const constant = name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())
    return `/** Compiled from assembly/ by \`npm run build\`; not edited. */\nexport const ${constant}: string =\n  '${base64}'\n`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
