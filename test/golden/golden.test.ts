/**
 * Plays each script in `scripts/` and compares what its commands print with what the script says.
 * `npm run test:golden -- --update` accepts what they print now; look at the difference before committing it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { playScript } from './golden-script.ts'
import { GoldenStore } from './golden-store.ts'

const scripts = new URL('./scripts/', import.meta.url)

describe('golden scripts', () => {
  for (const name of readdirSync(scripts).sort()) {
    test(name.replace('.txt', '').replaceAll('-', ' '), async () => {
      const url = new URL(name, scripts)
      const store = new GoldenStore()
      const text = await playScript(readFileSync(url, 'utf8'), (command) => store.run(command))
      await store.end()
      await expect(text).toMatchFileSnapshot(fileURLToPath(url))
    })
  }
})
