/** The command line as shells see it: what a completion script has to know. */

/** An option as a shell sees it. */
export interface CompletedOption {
  /** `--limit`, and `-x` where there is one. */
  readonly names: readonly string[]
  readonly summary: string
  /** What follows: files, one of some words, something that cannot be completed, or nothing at all. */
  readonly value: 'file' | 'any' | readonly string[] | undefined
}

export interface CompletedCommand {
  readonly name: string
  readonly summary: string
  readonly options: readonly CompletedOption[]
  /** What its first argument is, where a shell can complete it. */
  readonly argument: 'file' | readonly string[] | undefined
}

/** What the scripts know. */
export interface CompletedTool {
  readonly options: readonly CompletedOption[]
  readonly commands: readonly CompletedCommand[]
}
