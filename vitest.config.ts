import { fileURLToPath, pathToFileURL } from 'node:url'
import { defineConfig, type Plugin, type ViteUserConfig } from 'vitest/config'

/**
 * The engine starts its worker thread from the JavaScript file beside it, which exists only in dist/.
 * Tests run the TypeScript sources, so here that address is pointed at the built file; `npm test` builds first.
 */
function workerFromDist(): Plugin {
  const workerFolder = fileURLToPath(new URL('./src/worker/', import.meta.url)).replaceAll('\\', '/')
  const builtWorker = pathToFileURL(
    fileURLToPath(new URL('./dist/shared/maintenance-worker.cjs', import.meta.url)),
  )
  const address = /new URL\(\s*(['"])\.\/maintenance-worker\.cjs\1\s*,\s*import\.meta\.url\s*,?\s*\)/g

  return {
    name: 'varve:worker-from-dist',
    enforce: 'pre',
    transform(code: string, id: string) {
      if (!id.replaceAll('\\', '/').startsWith(workerFolder)) return null
      const pointed = code.replace(address, `new URL(${JSON.stringify(builtWorker.href)})`)
      return pointed === code ? null : { code: pointed, map: null }
    },
  }
}

const config: ViteUserConfig = defineConfig({
  plugins: [workerFromDist()],
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/*/*.test.ts', 'mutation/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/cli/**', 'src/main.ts', 'src/testing/**'],
      reporter: ['text', 'html'],
      thresholds: { branches: 90 },
    },
  },
})

export default config
