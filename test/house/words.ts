import type { SourceFile } from './source-code.ts'

/** Folders that say nothing about what lies in them. */
const emptyNames: readonly string[] = ['utils', 'helpers', 'common', 'misc']

/** Notes to oneself: do it now, or write it down where work is planned. Split, so that this file passes. */
const notes = new RegExp(`\\b(?:${'TO'}DO|${'FIX'}ME)\\b`)

/** A second edition beside the first; the newer one takes the name and the older one goes. */
const edition = /\w_v\d+\b/i

/** Says what in the name or the text of a file the house does not want, with the line. */
export function wordBreaks({ path, text }: SourceFile): string[] {
  const folders = path.split('/').slice(0, -1)
  const inName = [
    ...folders
      .filter((folder) => emptyNames.includes(folder))
      .map((folder) => `${path}: a folder named ${folder}`),
    ...(edition.test(path.replace(/\.[^./]+$/, '')) ? [`${path}: an edition in the name`] : []),
  ]
  const inText = text.split('\n').flatMap((line, index) => {
    const found = notes.exec(line)?.[0] ?? edition.exec(line)?.[0]
    return found === undefined ? [] : [`${path}:${index + 1}: ${found}`]
  })
  return [...inName, ...inText]
}
