import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** One file of this repository; `path` starts at its root and has slashes on every platform. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** The files below these folders (or the files themselves); what does not exist yet is passed over. */
export function readFiles(places: readonly string[], endings: readonly string[]): SourceFile[] {
  return places
    .filter((place) => existsSync(join(root, place)))
    .flatMap((place) => filesBelow(place))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The TypeScript that is shipped: src/ without its tests. */
export function readShippedFiles(): SourceFile[] {
  return readFiles(['src'], ['.ts']).filter(({ path }) => !path.endsWith('.test.ts'))
}

/** What a file imports, by any kind of import or re-export, types included, as written there. */
export function importsOf({ text }: SourceFile): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

/** Whether a file reads the global variable `name`, other than as a property or by declaring its own. */
export function usesGlobal({ path, text }: SourceFile, name: string): boolean {
  if (!text.includes(name)) return false
  let used = false
  let declared = false
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name) {
      const { parent } = node
      if (declares(parent, node)) declared = true
      else if (!ts.isTypeNode(parent) && !namesProperty(parent, node)) used = true
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true))
  return used && !declared
}

function declares(parent: ts.Node, node: ts.Identifier): boolean {
  const declaration =
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isBindingElement(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent)
  return declaration && parent.name === node
}

function namesProperty(parent: ts.Node, node: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node && !isGlobalThis(parent.expression)
  const member =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessor(parent)
  return member && parent.name === node
}

function isGlobalThis(node: ts.Node): boolean {
  return ts.isIdentifier(node) && node.text === 'globalThis'
}

function filesBelow(place: string): string[] {
  const start = join(root, place)
  if (statSync(start).isFile()) return [place]
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => relative(root, join(each.parentPath, each.name)).split(sep).join('/'))
    .filter((path) => !path.includes('node_modules/'))
    .sort()
}
