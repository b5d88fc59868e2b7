/** Runs TypeScript the way a user of the package would: in a folder of its own, from the built package, by Node. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root: string = fileURLToPath(new URL('../..', import.meta.url))

export interface ProgramResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Types are left out, not checked: that is what `tsc` does with all of the repository. `installed` says which package of
 * the repository stands for one that the program imports, where their names differ.
 */
export async function runUserProgram(
  source: string,
  installed: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-user-'))
  try {
    for (const name of packagesOf(source))
      linkPackage(installed[name] ?? name, join(folder, 'node_modules', name))
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    writeFileSync(join(folder, 'program.mjs'), outputText)
    return await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The packages that a program imports, and ours. */
function packagesOf(source: string): Set<string> {
  const specifiers = ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName)
  const names = specifiers.map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
  return new Set(['varve', ...names.filter((name) => !/^[./]|^node:/.test(name))])
}

/** As if it were installed: ours is this repository, others are those that the repository has. */
function linkPackage(name: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(name === 'varve' ? root : join(root, 'node_modules', name), target, 'junction')
}

function run(folder: string): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['program.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}
