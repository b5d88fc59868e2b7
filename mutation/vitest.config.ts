import { relative, sep } from 'node:path'
import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config'
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification } from 'vitest/node'
import project from '../vitest.config.ts'

/** The `tests` of a group in groups.mjs. */
const tests = JSON.parse(process.env.VARVE_MUTATION_TESTS ?? '[]') as string[]

/** In the order of the group, so that a mutant is mostly noticed by the first file. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const path = relative(process.cwd(), moduleId).split(sep).join('/')
      const isIn = (each: string): boolean => (each.endsWith('/') ? path.startsWith(each) : path === each)
      return tests.map(isIn).lastIndexOf(true)
    }
    return [...files].sort((a, b) => placeOf(a) - placeOf(b))
  }
}

/** A file of tests that cannot be loaded fails the run: Stryker would take it for one without tests. */
const loaded: Reporter = {
  onTestModuleEnd(file: TestModule) {
    const [error] = file.errors()
    if (error === undefined || file.children.size > 0) return
    const told = new Error(`${file.relativeModuleId} cannot be loaded: ${error.message}`)
    file.project.vitest.state.catchError(told, 'Unhandled Error')
  },
}

const config: ViteUserConfig = mergeConfig(
  { ...project, test: { ...project.test, include: [] } },
  defineConfig({
    test: {
      include: tests.map((each) => (each.endsWith('/') ? `${each}**/*.test.ts` : each)),
      // Each mutant has a thread of its own all the same.
      isolate: false,
      sequence: { sequencer: InOrder },
      reporters: ['default', loaded],
    },
  }),
)

export default config
