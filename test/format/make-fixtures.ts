/**
 * Writes the fixtures of the format that this release writes: `npm run fixtures -- FOLDER`, for example
 * `test/format/fixtures/format-1`. Refuses to write over what is there: a fixture is for ever.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinPath } from '../../src/fs/file-names.ts'
import { readFileOf } from '../crash/files-of-store.ts'
import { fixturePath, fixtureStores, makeFixture } from './fixture-stores.ts'

const [folder = ''] = process.argv.slice(2)
if (folder === '' || existsSync(folder))
  throw new Error('say where to, and let it be a folder that is not there')
for (const store of fixtureStores) {
  const { disk, content } = await makeFixture(store)
  const directory = join(folder, store.name)
  mkdirSync(directory, { recursive: true })
  for (const { name } of await disk.list(fixturePath)) {
    writeFileSync(join(directory, name), await readFileOf(disk, joinPath(fixturePath, name)))
  }
  writeFileSync(join(folder, `${store.name}.json`), `${JSON.stringify(content, undefined, 1)}\n`)
}
