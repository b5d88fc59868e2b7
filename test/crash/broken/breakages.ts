/**
 * Ways to break the engine, each by a small change of its sources, and the hunt that must notice. A change that
 * does not fit its file any more, because the file was changed, fails its test: find the new place then.
 */
import type { Hunt } from './hunts.ts'

export interface Change {
  /** Below src/. */
  readonly file: string
  /** Is there exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Breakage {
  readonly name: string
  readonly hunt: Hunt
  /** Where the change is in a twin of the compiled kernel: what `VARVE_KERNEL` is meanwhile. */
  readonly kernel?: 'js'
  readonly changes: readonly Change[]
}

export const breakages: readonly Breakage[] = [
  {
    name: 'no sync before a disk write is acknowledged',
    hunt: 'random crashes',
    changes: [
      {
        file: 'store/group-committer.ts',
        find: 'if (group.diskWaiterCount === 0) return\n',
        replace: 'if (group.diskWaiterCount >= 0) {\n      group.resolveSynced()\n      return\n    }\n',
      },
    ],
  },
  {
    name: 'the folder is not synced after a log was made',
    hunt: 'random crashes',
    changes: [
      { file: 'log/write-ahead-log.ts', find: 'await fs.syncDirectory(directory)\n', replace: '' },
      { file: 'log/write-ahead-log.ts', find: 'fs.syncDirectorySync(directory)\n', replace: '' },
    ],
  },
  {
    name: 'the folder is not synced after segments were made',
    hunt: 'scripted crashes',
    changes: [
      {
        file: 'compaction/merge-outputs.ts',
        find: 'if (this.added.length > 0) this.#fs.syncDirectorySync(this.#job.directory)',
        replace: '',
      },
    ],
  },
  {
    name: 'the folder is not synced after CURRENT was replaced',
    hunt: 'crashes of short lives',
    changes: [{ file: 'fs/atomic-write.ts', find: 'await fs.syncDirectory(directory)\n', replace: '' }],
  },
  {
    name: 'the folder is not synced between a manifest and CURRENT',
    hunt: 'crashes of short lives',
    changes: [
      { file: 'manifest/successor.ts', find: 'await parts.fs.syncDirectory(parts.directory)\n', replace: '' },
    ],
  },
  {
    name: 'a link is taken for a proof of sync',
    hunt: 'scripted crashes',
    changes: [
      {
        file: 'log/log-replay.ts',
        find: '    const gap = this.#gapBefore(log, first)\n',
        replace: `    const proof = decodeLink(log.bytes, first.payloadStart)
    const proven = { fileNumber: proof.previousNumber, offset: proof.previousLength }
    this.#known = laterPosition(this.#known, proven)
    const gap = this.#gapBefore(log, first)
`,
      },
    ],
  },
  {
    name: 'entries are published before they are written',
    hunt: 'failing operations',
    changes: [
      {
        file: 'store/group-committer.ts',
        find: '    const { table } = group\n    const start = this.#pendingStart ?? group.start\n',
        replace:
          '    const { table } = group\n    this.#publishedSequence = group.lastSequence\n    const start = this.#pendingStart ?? group.start\n',
      },
    ],
  },
  {
    name: 'checksums of log records are ignored',
    hunt: 'random crashes',
    changes: [
      {
        file: 'log/record-reader.ts',
        find: "return 'a record fails its checksum'",
        replace: 'return undefined',
      },
    ],
  },
  {
    name: 'a batch is split',
    hunt: 'random crashes',
    changes: [
      {
        file: 'store/log-structured-store.ts',
        find: '    this.#engine.pipeline.batchSync(operations, options)\n',
        replace:
          '    for (const operation of operations) this.#engine.pipeline.batchSync([operation], options)\n',
      },
    ],
  },
  {
    name: 'logs are removed before what they hold is flushed',
    hunt: 'scripted crashes',
    changes: [
      {
        file: 'store/mem-tables.ts',
        find: '.filter(({ table }) => !flushed.includes(table))\n      .map(({ firstLog }) => firstLog)',
        replace: '.filter((_slot, index) => index === 0)\n      .map(({ firstLog }) => firstLog)',
      },
    ],
  },
  {
    name: 'a torn tail is passed over instead of cut',
    hunt: 'random crashes',
    changes: [
      {
        file: 'log/record-reader.ts',
        find: '    if (this.problem !== undefined) return undefined\n    const record',
        replace: `    if (this.problem !== undefined) {
      const next = this.search(this.position).next()
      if (next.done) return undefined
      this.problem = undefined
      this.position = next.value.offset
    }
    const record`,
      },
    ],
  },
  {
    name: 'a recovered log is continued',
    hunt: 'failed syncs',
    changes: [
      {
        file: 'store/open-store.ts',
        find: "import type { StoreId } from '../log/file-header.ts'\n",
        replace:
          "import type { StoreId } from '../log/file-header.ts'\nimport { withoutRoom } from '../log/log-room.ts'\n",
      },
      {
        file: 'store/open-store.ts',
        find: '    this.recovered = recovered\n',
        replace: `    this.recovered = recovered
    const [continued] = liveLogs
    const path = joinPath(this.#path, logFileName(continued ?? 0))
    if (recovered.tables.length > 0 && recovered.cut === undefined && this.#sizeOf(path) > 64) {
      const manifest = this.#continueManifest(parts, current.manifestNumber, read)
      const engine = this.#engine(manifest, parts.storeId, fileNumbers, {
        nextSequence: recovered.lastSequence + 1,
        isProofPresent: false,
        orphans: [],
        recovery: { ...recovered, isContinued: true, orphans: [] },
      })
      const file = new AppendFile(
        await this.#fs.open(path, 'update'),
        withoutRoom({ path, bytes: await this.#readFile(path, 'it was listed') }).bytes.length,
        await this.#fs.open(path, 'update'),
      )
      engine.logs.adopt(continued, path, file, recovered.lastSequence)
      engine.tables.logCreated(continued)
      return engine
    }
`,
      },
      {
        file: 'store/recovery-job.ts',
        find: 'if (recovery === undefined) return undefined',
        replace: 'if (recovery === undefined || recovery.isContinued) return undefined',
      },
      {
        file: 'store/log-set.ts',
        find: '  #prepareNext(): void {\n',
        replace: `  adopt(number, path, file, lastSequence) {
    const log = new WriteAheadLog(this.#parts.fs, number, path, file, this.#parts.storeId)
    this.#start(log, lastSequence)
  }

  #prepareNext(): void {
`,
      },
    ],
  },
  {
    name: 'room is made over the end of the last record',
    hunt: 'random crashes',
    changes: [
      {
        file: 'log/append-file.ts',
        find: 'const start = Math.max(this.#position, this.#roomEnd)\n',
        replace: 'const start = Math.max(this.#position - 8, this.#roomEnd)\n',
      },
    ],
  },
  {
    name: 'a sync that failed is tried again',
    hunt: 'failing operations',
    changes: [
      {
        file: 'log/append-file.ts',
        find: '    return this.file.sync()\n',
        replace: '    return this.file.sync().catch(() => this.file.sync())\n',
      },
      {
        file: 'log/append-file.ts',
        find: '    this.#blockingFile.syncSync()\n',
        replace: `    try {
      this.#blockingFile.syncSync()
    } catch {
      this.#blockingFile.syncSync()
    }
`,
      },
    ],
  },
  {
    name: 'tombstones are dropped while something deeper holds their key',
    hunt: 'random crashes',
    changes: [
      {
        file: 'compaction/survivors.ts',
        find: 'return this.#deeper.mayHold(entry.keyBytes, entry.keyStart, entry.keyLength)',
        replace: 'return false',
      },
      {
        file: 'compaction/machine-merge-runner.ts',
        find: 'this.#mayLieDeeper(machine, source) ? 1 : 0',
        replace: '0',
      },
    ],
  },
  {
    name: 'versions of a key are split over two files',
    hunt: 'many versions',
    // The compiled kernel has this line in assembly/, and writes the same bytes as this one.
    kernel: 'js',
    changes: [
      {
        file: 'segment/segment-writer.ts',
        find: 'return isFull && this.#compareWithLastKey(next) !== 0',
        replace: 'return isFull',
      },
    ],
  },
  {
    name: 'compaction ignores snapshots',
    hunt: 'random crashes',
    changes: [
      {
        file: 'store/live-sequences.ts',
        find: 'return [...new Set([...this.#readers.keys(), published])].sort((a, b) => a - b)',
        replace: 'return [published]',
      },
    ],
  },
]
