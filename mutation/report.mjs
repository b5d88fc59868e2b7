/** What came of the mutants, as lines of text. */

/**
 * @typedef {{ file: string, line: number, column: number, mutatorName: string, replacement: string,
 *   status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError' | 'CompileError' | 'Ignored' }} Mutant
 */

/** Those that no test noticed, in the order of the sources, with what stood there instead. @param {Mutant[]} mutants */
export function listUnnoticed(mutants) {
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1))
    .map(({ file, line, column, mutatorName, replacement, status }) => {
      const instead = replacement.replaceAll(/\s+/g, ' ').slice(0, 100)
      return `${file}:${line}:${column} ${status === 'NoCoverage' ? 'not run' : 'survived'}, ${mutatorName}: ${instead}`
    })
}

/**
 * How many mutants were noticed, by a failed test or by a hang, out of how many. Static ones, and those with which
 * no test could begin, do not count.
 *
 * @param {string} name
 * @param {readonly Mutant[]} mutants
 * @param {number} minutes
 */
export function scoreOf(name, mutants, minutes) {
  const count = (/** @type {Mutant['status']} */ wanted) =>
    mutants.filter(({ status }) => status === wanted).length
  const failed = count('Killed')
  const hung = count('Timeout')
  const survived = count('Survived')
  const notRun = count('NoCoverage')
  const counted = failed + hung + survived + notRun
  return { name, counted, failed, hung, survived, notRun, minutes, score: (100 * (failed + hung)) / counted }
}

/** @param {readonly ReturnType<typeof scoreOf>[]} rows */
export function scoreTable(rows) {
  const head = ['group', 'mutants', 'failed a test', 'hung', 'survived', 'not run', 'minutes', 'score']
  const lines = rows.map(({ name, counted, failed, hung, survived, notRun, minutes, score }) => {
    return [name, counted, failed, hung, survived, notRun, minutes.toFixed(1), `${score.toFixed(1)} %`]
  })
  return [head, ...lines]
    .map((cells) =>
      cells.map((cell, i) => (i === 0 ? `${cell}`.padEnd(10) : `${cell}`.padStart(14))).join(''),
    )
    .join('\n')
}
