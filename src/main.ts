#!/usr/bin/env node
/** The program `varve`: the command-line tool on the real process and the real disk. */
import process from 'node:process'
import packageJson from '../package.json' with { type: 'json' }
import { CLI } from './cli/cli.ts'
import { createProcessHost } from './cli/process-host.ts'
import { inspectFile, open, repair } from './index.ts'

async function main(): Promise<void> {
  const host = createProcessHost({
    version: packageJson.version,
    openStore: open,
    inspectFile,
    repair,
  })
  // Not exit(): what was written to a pipe may still be on its way.
  process.exitCode = await new CLI(host).run(process.argv.slice(2))
}

await main()
