/** What a caller handed over, in a few words for an error message: kind and, where short, the value itself. */

const textLengthMax = 40

/** Names `value` so that it reads well after "got": `undefined`, `the number 3`, `an array of 2 items`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the string ${JSON.stringify(shorten(value))}`
    case 'number':
      return `the number ${Object.is(value, -0) ? '-0' : value}`
    case 'bigint':
      return `the bigint ${shorten(String(value))}n`
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'object':
      return value === null ? 'null' : describeObject(value)
    default:
      return `a ${typeof value}`
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length} ${value.length === 1 ? 'item' : 'items'}`
  const kind = kindOf(value)
  if (ArrayBuffer.isView(value)) return `a ${kind} of ${value.byteLength} bytes`
  if (kind === 'Object') return 'an object'
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`
}

function kindOf(value: object): string {
  const maker: unknown = (value as { constructor?: unknown }).constructor
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'Object'
}

function shorten(text: string): string {
  return text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax)}…`
}
