/** Which commit of a checkout was measured. */
import { spawnSync } from 'node:child_process'

/**
 * @param {string} folder
 * @returns {string} short hash, with a plus sign where files differ from it; empty where there is no git
 */
export function commitOf(folder) {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).stdout?.trim() ?? ''
  const commit = git('rev-parse', '--short', 'HEAD')
  return commit !== '' && git('status', '--porcelain', '--untracked-files=no', 'src') !== ''
    ? `${commit}+`
    : commit
}
