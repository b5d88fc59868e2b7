/**
 * JSON as text. Values that came in as JSON are kept and given back as they were written, spaces aside: reading
 * `1.0`, `12345678901234567890` or a name that stands twice into JavaScript values and writing them again would
 * change them.
 */

const quote = 0x22
const backslash = 0x5c

/** The same JSON without the spaces between its parts. `text` must be valid JSON. */
export function compactJson(text: string): string {
  let compact = ''
  let start = 0
  for (let place = 0; place < text.length; ) {
    const code = text.charCodeAt(place)
    if (code === quote) place = endOfString(text, place)
    else if (code > 0x20) place++
    else {
      compact += text.slice(start, place)
      while (text.charCodeAt(place) <= 0x20) place++
      start = place
    }
  }
  return start === 0 ? text : compact + text.slice(start)
}

/**
 * The text of each member of an object, by name; of a name that stands twice, the last, as `JSON.parse` has it.
 * `text` must be an object in compact JSON.
 */
export function memberTexts(text: string): Map<string, string> {
  const members = new Map<string, string>()
  let place = 1
  while (text.charCodeAt(place) === quote) {
    const nameEnd = endOfString(text, place)
    const valueEnd = endOfValue(text, nameEnd + 1)
    members.set(JSON.parse(text.slice(place, nameEnd)) as string, text.slice(nameEnd + 1, valueEnd))
    place = valueEnd + 1
  }
  return members
}

/** Just past the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashCount = 0
    while (text.charCodeAt(end - 1 - backslashCount) === backslash) backslashCount++
    if (backslashCount % 2 === 0) return end + 1
  }
  return text.length
}

/** Just past the value that starts at `start`. */
function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let place = start; place < text.length; ) {
    const char = text[place]
    if (char === '"') {
      place = endOfString(text, place)
      continue
    }
    if (depth === 0 && (char === ',' || char === '}' || char === ']')) return place
    if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    place++
  }
  return text.length
}
