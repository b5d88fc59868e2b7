import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ExampleFolder, makeExampleStore } from '../support/example-store.ts'
import { documentedDump, hexDump } from '../support/hex-dump.ts'

const { running, closed } = await makeExampleStore()

/** What each page shows, byte by byte; the page on segments has a test beside its code. */
const examples: readonly [page: string, folder: ExampleFolder, file: string][] = [
  ['log.md', running, '.log'],
  ['manifest.md', closed, 'MANIFEST'],
]

test.each(examples)(
  'the worked example of docs/format/%s is what the engine writes',
  async (page, folder, file) => {
    const text = readFileSync(new URL(`../../docs/format/${page}`, import.meta.url), 'utf8')
    expect(documentedDump(text)).toEqual(hexDump(await folder.read(file)))
  },
)

test('the examples of CURRENT and CLOSED are what the engine writes', async () => {
  const text = readFileSync(new URL('../../docs/format/current-and-closed.md', import.meta.url), 'utf8')
  for (const name of ['CURRENT', 'CLOSED']) {
    expect(text).toContain(`\`\`\`text\n${new TextDecoder().decode(await closed.read(name))}\`\`\``)
  }
})
