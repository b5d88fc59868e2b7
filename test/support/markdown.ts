/** Code blocks of a page, as tests run them. */
export interface CodeBlock {
  /** What stands behind the three backticks. */
  readonly language: string
  readonly text: string
  /** The `text` block right behind this one: what it is said to print. */
  readonly printed: string
  /** Number of the first line of the code in the page. */
  readonly line: number
}

export function codeBlocks(page: string): CodeBlock[] {
  const found = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
  return found.map((match, index) => {
    const [whole, language = '', text = ''] = match
    const next = found[index + 1]
    const end = match.index + whole.length
    const isFollowed = next?.[1] === 'text' && page.slice(end, next.index).trim() === ''
    const line = page.slice(0, match.index).split('\n').length + 1
    return { language, text, printed: isFollowed ? (next[2] ?? '') : '', line }
  })
}
