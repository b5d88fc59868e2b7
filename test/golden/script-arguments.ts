/** The words of a golden command: `key=value`, `-key`, `@snapshot`, `durability=disk`, `value*count`. */
import type { BatchOperation, Durability, RangeOptions } from '../../src/store/key-value-store.ts'

export interface ParsedOperations {
  readonly operations: BatchOperation<string, string>[]
  readonly options: { readonly durability?: Durability }
}

/** `a=1 -b durability=disk`: puts, deletes, and how durably. */
export function parseOperations(words: readonly string[]): ParsedOperations {
  const durability = optionOf(words, 'durability') as Durability | undefined
  const operations = words
    .filter((word) => !word.startsWith('durability='))
    .map((word): BatchOperation<string, string> => {
      if (word.startsWith('-')) return { type: 'delete', key: word.slice(1) }
      const [key = '', value = ''] = word.split('=')
      return { type: 'put', key, value: textOf(value) }
    })
  return { operations, options: durability === undefined ? {} : { durability } }
}

/** `gte=a lt=c reverse limit=3`. */
export function parseRange(words: readonly string[]): RangeOptions<string> {
  const bounds = ['gt', 'gte', 'lt', 'lte', 'prefix'].flatMap((name) => {
    const bound = optionOf(words, name)
    return bound === undefined ? [] : [[name, bound]]
  })
  const limit = optionOf(words, 'limit')
  return {
    ...Object.fromEntries(bounds),
    ...(words.includes('reverse') && { reverse: true }),
    ...(limit !== undefined && { limit: Number(limit) }),
  }
}

/** The name after `@`. */
export function snapshotNameOf(words: readonly string[]): string | undefined {
  return words.find((word) => word.startsWith('@'))?.slice(1)
}

export function optionOf(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** `ab*3` stands for `ababab`. */
function textOf(text: string): string {
  const [, part, count] = /^(.+)\*(\d+)$/.exec(text) ?? []
  return part === undefined ? text : part.repeat(Number(count))
}
