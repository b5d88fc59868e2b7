/** What Tab offers in a session: commands, options, words, files, and keys from the store. */
import { readdir } from 'node:fs/promises'
import { posix } from 'node:path'
import type { CommandRow, Completes } from '../command.ts'
import type { OpenStore } from '../host.ts'
import { bytesOfWord, quoteWord, wordOfBytes } from '../words.ts'
import { flagsOf, optionsOf, readTypedLine, type TypedLine } from './typed-line.ts'

/** More keys than this help nobody to choose. */
const offeredKeysMax = 50

/** The possible words, and the part of the line that each would replace. */
export type Completion = [offered: string[], replaced: string]

/** `line` ends at the cursor. `store` is the open store, if there is one. */
export async function completeLine(
  line: string,
  commands: readonly CommandRow[],
  store: OpenStore | undefined,
): Promise<Completion> {
  const typed = readTypedLine(line, commands)
  const replaced = line.slice(typed.current.start)
  const words = await offeredWords(typed, commands, store)
  const offered = words.map(quoteWord)
  // A word that is sure is followed by the next one; a folder by its files.
  const [only] = offered
  if (offered.length === 1 && only !== undefined && !only.endsWith('/')) return [[`${only} `], replaced]
  return [offered, replaced]
}

async function offeredWords(
  typed: TypedLine,
  commands: readonly CommandRow[],
  store: OpenStore | undefined,
): Promise<string[]> {
  const { command, current, awaitingOption, usedFlags } = typed
  if (command === undefined) {
    return current.start === 0 || typed.argumentCount === 0
      ? startingWith(namesOf(commands), current.text)
      : []
  }
  if (awaitingOption !== undefined) return wordsFor(awaitingOption.completes, current.text, commands, store)
  if (current.text.startsWith('-')) {
    const flags = optionsOf(command).flatMap(flagsOf)
    return startingWith(
      flags.filter((flag) => flag.startsWith('--') && !usedFlags.has(flag)),
      current.text,
    )
  }
  return wordsFor(command.arguments[typed.argumentCount]?.completes, current.text, commands, store)
}

function wordsFor(
  completes: Completes | undefined,
  start: string,
  commands: readonly CommandRow[],
  store: OpenStore | undefined,
): Promise<string[]> | string[] {
  if (completes === undefined) return []
  if (completes === 'key') return store === undefined ? [] : keysStartingWith(store, start)
  if (completes === 'file') return filesStartingWith(start)
  return startingWith(completes === 'command' ? namesOf(commands) : completes, start)
}

function startingWith(words: readonly string[], start: string): string[] {
  return words.filter((word) => word.startsWith(start))
}

function namesOf(commands: readonly CommandRow[]): string[] {
  return commands.map((command) => command.name)
}

async function keysStartingWith(store: OpenStore, start: string): Promise<string[]> {
  const iterator = store.keys({ prefix: bytesOfWord(start), limit: offeredKeysMax })
  try {
    return (await iterator.nextMany(offeredKeysMax)).map(wordOfBytes)
  } finally {
    await iterator.close()
  }
}

async function filesStartingWith(start: string): Promise<string[]> {
  const folder = start.endsWith('/') ? start : posix.dirname(start)
  const prefix = start.includes('/') ? (folder.endsWith('/') ? folder : `${folder}/`) : ''
  const found = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = found.map((entry) => `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`)
  return startingWith(names.sort(), start)
}
