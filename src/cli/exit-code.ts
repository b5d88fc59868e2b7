/** What the process answers when it ends. Documented in docs/cli.md; never renumber. */
export const ExitCode = {
  ok: 0,
  /** Something went wrong; stderr says what. */
  failed: 1,
  /** The command line was wrong; nothing was done. */
  usage: 2,
  /** The key that was asked for is not there. */
  absent: 3,
  /** 128 and the number of the signal, as shells have it. */
  hangUp: 129,
  interrupted: 130,
  terminated: 143,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]
