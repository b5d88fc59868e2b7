/**
 * A golden script: a text that tells a story. Paragraphs are separated by empty lines. In one with a line `---`,
 * the lines above it are commands, those below what they print; a paragraph without it is for the reader alone.
 * Lines that begin with `#` are comments.
 */

/** Carries out one command and gives the lines that it prints. */
export type RunCommand = (command: string) => Promise<string[]>

const divider = '---'

/** Carries out all commands and gives the same text with what they print now. */
export async function playScript(text: string, run: RunCommand): Promise<string> {
  const paragraphs: string[] = []
  for (const paragraph of text.trimEnd().split(/\n{2,}/)) paragraphs.push(await playParagraph(paragraph, run))
  return `${paragraphs.join('\n\n')}\n`
}

async function playParagraph(paragraph: string, run: RunCommand): Promise<string> {
  const lines = paragraph.split('\n')
  const commands = lines.slice(0, lines.includes(divider) ? lines.indexOf(divider) : lines.length)
  const printed: string[] = []
  for (const command of commands) {
    if (command.startsWith('#') || command.trim() === '') continue
    printed.push(...(await run(command)))
  }
  const isStory = commands.every((command) => command.startsWith('#'))
  return isStory ? commands.join('\n') : [...commands, divider, ...printed].join('\n')
}
