import { posix } from 'node:path'
import { importsOf, type SourceFile } from './source-code.ts'

/**
 * The floors of src/, lowest first. A folder imports the folders below it; neighbours on one floor do not import
 * each other. The number is the one that ARCHITECTURE speaks of; `0.5` stands on `0` and belongs to that floor.
 */
const floors: ReadonlyArray<{ number: number; folders: readonly string[] }> = [
  { number: 0, folders: ['bytes', 'time'] },
  { number: 0.5, folders: ['kernel'] },
  { number: 1, folders: ['fs', 'entry', 'encoding'] },
  { number: 2, folders: ['log', 'memtable', 'segment', 'iterate'] },
  { number: 3, folders: ['manifest'] },
  { number: 4, folders: ['compaction'] },
  { number: 5, folders: ['worker'] },
  { number: 6, folders: ['store'] },
  { number: 6.25, folders: ['repair'] },
  { number: 6.5, folders: ['index.ts'] },
  { number: 7, folders: ['adapters', 'testing', 'server', 'dashboard'] },
  { number: 8, folders: ['cli'] },
  { number: 9, folders: ['main.ts'] },
]

/** Files at the root of src/ that everyone imports and that import nothing but each other. */
const ground: readonly string[] = ['errors.ts', 'invariant.ts']

/** Says how a file breaks the order of the floors: one sentence an import, none if all is well. */
export function floorBreaks(file: SourceFile): string[] {
  const from = placeOf(file.path)
  if (floorOf(from) === undefined) return [homeless(file.path, from)]
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file.path), specifier))
    .filter((path) => path.startsWith('src/'))
    .flatMap((path) => importBreak(file.path, path))
}

function importBreak(importer: string, imported: string): string[] {
  const from = placeOf(importer)
  const to = placeOf(imported)
  const upper = floorOf(from)
  const lower = floorOf(to)
  if (upper === undefined || from === to) return []
  if (lower === undefined) return [homeless(imported, to)]
  if (lower < upper || (ground.includes(from) && ground.includes(to))) return []
  const why = lower === upper ? `neighbours on floor ${upper}` : `floor ${upper} must not know floor ${lower}`
  return [`${importer} imports ${imported}: ${why}`]
}

/** What all adapters may share. */
const sharedByAdapters = 'expiring'

/** Says how an adapter reaches into another one: each is to work, and to load, without the others' libraries. */
export function adapterBreaks(file: SourceFile): string[] {
  const from = adapterOf(file.path)
  if (from === undefined) return []
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file.path), specifier))
    .filter((path) => ![undefined, from, sharedByAdapters].includes(adapterOf(path)))
    .map((path) => `${file.path} imports ${path}: adapters do not know each other`)
}

function adapterOf(path: string): string | undefined {
  return /^src\/adapters\/([^/]+)\//.exec(path)?.[1]
}

/** The first part of the path inside src/: a folder, or a file at the root. */
function placeOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function floorOf(place: string): number | undefined {
  if (ground.includes(place)) return -1
  return floors.find(({ folders }) => folders.includes(place))?.number
}

function homeless(path: string, place: string): string {
  return `${path}: src/${place} has no floor; give it one in test/house/floors.ts and ARCHITECTURE`
}
