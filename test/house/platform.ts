import { importsOf, type SourceFile, usesGlobal } from './source-code.ts'

/** Parts of Node that only some places may touch, so that the engine stays free of them. */
const reserved: ReadonlyArray<{ modules: readonly string[]; places: readonly string[] }> = [
  // The command-line tool keeps a history file and reads and writes the files of import and export.
  { modules: ['node:fs', 'node:fs/promises'], places: ['src/fs/', 'src/cli/'] },
  { modules: ['node:worker_threads'], places: ['src/worker/'] },
  { modules: ['node:process'], places: ['src/main.ts', 'src/cli/', 'src/fs/'] },
]

const processPlaces: readonly string[] = ['src/main.ts', 'src/cli/', 'src/fs/', 'src/kernel/kernel-choice.ts']

/** Says which reserved part of Node a file touches without being the place for it. */
export function platformBreaks(file: SourceFile): string[] {
  const isIn = (places: readonly string[]): boolean => places.some((place) => file.path.startsWith(place))
  const imports = importsOf(file).flatMap((specifier) => {
    const rule = reserved.find(({ modules }) => modules.includes(specifier))
    if (rule === undefined || isIn(rule.places)) return []
    return [`${file.path} imports ${specifier}, which is for ${rule.places.join(', ')}`]
  })
  if (isIn(processPlaces) || !usesGlobal(file, 'process')) return imports
  return [...imports, `${file.path} uses process, which is for ${processPlaces.join(', ')}`]
}
