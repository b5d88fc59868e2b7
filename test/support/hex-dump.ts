/** Lines of up to sixteen bytes in hexadecimal behind their offset, as the pages on file formats have them. */
export function hexDump(bytes: Uint8Array): string[] {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const row = Array.from(bytes.subarray(line * 16, line * 16 + 16), (byte) =>
      byte.toString(16).padStart(2, '0'),
    )
    return `${(line * 16).toString(16).padStart(4, '0')} ${row.join(' ')}`
  })
}

/** The lines of that shape in a page, without what is said behind the bytes. */
export function documentedDump(page: string): string[] {
  return [...page.matchAll(/^[0-9a-f]{4}(?: [0-9a-f]{2}){1,16}(?=$|\s)/gm)].map(([line]) => line)
}
