import { posix } from 'node:path'
import type { SourceFile } from './source-code.ts'

/** Where paths in the text of a page begin. */
const rootFolders: readonly string[] = [
  'src',
  'test',
  'docs',
  'examples',
  'scripts',
  'bench',
  'mutation',
  'web',
  'assembly',
]

/** What a page may refer to: every file and folder of the repository, from its root. */
export interface Places {
  readonly files: ReadonlySet<string>
  readonly folders: ReadonlySet<string>
  readonly pages: readonly SourceFile[]
}

/** Says which links and names of a page lead nowhere, with the line; none if all is well. */
export function deadReferences(page: SourceFile, places: Places): string[] {
  return page.text.split('\n').flatMap((line, index) => {
    const dead = [...deadLinks(line, page, places), ...deadNames(line, places)]
    return dead.map((reference) => `${page.path}:${index + 1}: ${reference}`)
  })
}

function deadLinks(line: string, page: SourceFile, places: Places): string[] {
  const links = [...line.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string)
  return links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(link, page, places))
}

function leadsSomewhere(link: string, page: SourceFile, { files, folders, pages }: Places): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? page.path : posix.join(posix.dirname(page.path), path).replace(/\/$/, '')
  if (heading === undefined) return files.has(target) || folders.has(target)
  const found = pages.find((each) => each.path === target)
  return found !== undefined && headingsOf(found).includes(heading)
}

/** Headings as links name them: lower case, spaces as hyphens, everything else but letters and digits left out. */
function headingsOf({ text }: SourceFile): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Paths from the root, and names of TypeScript files, that stand in the text as code. */
function deadNames(line: string, { files, folders }: Places): string[] {
  const words = [...line.matchAll(/`([\w./-]+)`/g)].map(([, word]) => (word as string).replace(/\/$/, ''))
  const names = new Set([...files].map((path) => posix.basename(path)))
  return words.filter((word) => {
    const isPath = word.includes('/') && rootFolders.includes(word.split('/')[0] as string)
    if (isPath) return !files.has(word) && !folders.has(word)
    return /^[\w.-]+\.ts$/.test(word) && !names.has(word)
  })
}
