/**
 * What is changed, in groups that have a score each, and the tests that must notice: those beside the changed files,
 * and quick ones of whole stores. Left out are the files that only print (`inspect-*.ts`, `describe-edit.ts`): nothing
 * but wording can go wrong in them.
 */

/**
 * `tests` are files, or folders that end with a slash, in the order in which they are tried. An entry further down
 * takes its files out of a folder further up: so slow ones come last.
 *
 * @typedef {{ name: string, files: readonly string[], tests: readonly string[] }} Group
 */

const openings = [
  'src/store/open-after-crash.test.ts',
  'src/store/open-closed-store.test.ts',
  'src/store/open-store.test.ts',
]
/** Whole stores on disks in memory. */
const stores = ['test/golden/', 'test/end-to-end/events.test.ts', 'test/end-to-end/first-write.test.ts']

/** @type {readonly Group[]} */
export const groups = [
  {
    name: 'log',
    files: [
      'src/log/append-file.ts',
      'src/log/file-header.ts',
      'src/log/group-entries.ts',
      'src/log/log-replay.ts',
      'src/log/log-room.ts',
      'src/log/record-format.ts',
      'src/log/record-reader.ts',
      'src/log/write-ahead-log.ts',
    ],
    tests: [
      'src/log/',
      'src/store/log-set.test.ts',
      'src/store/recover-logs.test.ts',
      'test/format/worked-examples.test.ts',
      ...stores,
    ],
  },
  {
    name: 'manifest',
    files: [
      'src/manifest/checked-text.ts',
      'src/manifest/close-proof.ts',
      'src/manifest/current-file.ts',
      'src/manifest/level.ts',
      'src/manifest/manifest-records.ts',
      'src/manifest/manifest-state.ts',
      'src/manifest/manifest.ts',
      'src/manifest/read-manifest.ts',
      'src/manifest/version-edit.ts',
      'src/manifest/version.ts',
    ],
    tests: [
      'src/manifest/',
      ...openings,
      'test/format/worked-examples.test.ts',
      ...stores,
      'src/manifest/manifest-replacement.test.ts',
    ],
  },
  {
    name: 'recovery',
    files: [
      'src/store/obsolete-files.ts',
      'src/store/open-store.ts',
      'src/store/recover-logs.ts',
      'src/store/recovery-job.ts',
      'src/store/start-over.ts',
    ],
    tests: [
      'src/store/obsolete-files.test.ts',
      'src/store/recover-logs.test.ts',
      ...openings,
      ...stores,
      'test/end-to-end/full-disk.test.ts',
    ],
  },
  {
    name: 'survivors',
    files: ['src/compaction/survivors.ts'],
    tests: ['src/compaction/survivors.test.ts'],
  },
]
