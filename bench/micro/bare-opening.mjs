/**
 * Opening a store of one segment and reading one block, as far as the system takes part: nothing is checked, nothing made
 * of it. Run by itself it does so eleven times and prints the median of all but the first, in milliseconds, as the benchmark
 * of openings does.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The small files, of their usual sizes. */
const small = { CURRENT: 85, CLOSED: 98, MANIFEST: 440 }
const segmentName = 'segment'

/** Makes what is opened. @param {string} folder @param {number} indexBytes */
export function prepareOpening(folder, indexBytes) {
  for (const [name, length] of Object.entries(small)) writeFileSync(join(folder, name), Buffer.alloc(length))
  writeFileSync(join(folder, segmentName), Buffer.alloc(indexBytes + 8192, 1))
}

/** The median of a process of its own. @param {string} folder */
export function openInNewProcess(folder) {
  return Number(
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), folder], { encoding: 'utf8' }),
  )
}

/** Opens, reads and closes; returns the milliseconds from the opening to what was read. @param {string} folder */
async function openBarely(folder) {
  const start = performance.now()
  readdirSync(folder, { withFileTypes: true })
  const { dev, ino } = statSync(folder, { bigint: true })
  const gate = await listenAt(`\0bare-${dev}-${ino}`.padEnd(108, '-'))
  const token = randomBytes(8).toString('hex')
  const bell = await listenAt(join(folder, `lock-${token}.sock`))
  takeLock(folder, token)
  readdirSync(folder, { withFileTypes: true })
  for (const name of Object.keys(small)) readWhole(join(folder, name))
  const file = readBlock(join(folder, segmentName))
  const taken = performance.now() - start
  closeSync(file)
  for (const name of ['lock.sock', 'LOCK']) unlinkSync(join(folder, name))
  for (const server of [gate, bell]) await new Promise((resolve) => server.close(resolve))
  return taken
}

/** @param {string} address @returns {Promise<import('node:net').Server>} */
function listenAt(address) {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen({ path: address, exclusive: true }, () => resolve(server))
  })
}

/** @param {string} folder @param {string} token */
function takeLock(folder, token) {
  const prepared = join(folder, `LOCK-${token}`)
  writeFileSync(prepared, JSON.stringify({ token, more: 'x'.repeat(200) }), { flag: 'wx' })
  linkSync(prepared, join(folder, 'LOCK'))
  existsSync(join(folder, 'lock.sock'))
  renameSync(join(folder, `lock-${token}.sock`), join(folder, 'lock.sock'))
  JSON.parse(readFileSync(join(folder, 'LOCK'), 'utf8'))
  unlinkSync(prepared)
  readdirSync(folder)
}

/** @param {string} path */
function readWhole(path) {
  const file = openSync(path, 'r')
  readSync(file, new Uint8Array(fstatSync(file).size))
  closeSync(file)
}

/** Reads header, footer, block index and a block. @param {string} path */
function readBlock(path) {
  closeSync(openSync(path, 'r'))
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  for (const [length, position] of [
    [64, 0],
    [192, size - 192],
    [96, size - 288],
    [size - 8192, 4096],
    [4096, 4096],
  ])
    readSync(file, new Uint8Array(/** @type {number} */ (length)), { position: Number(position) })
  return file
}

const folder = process.argv[2]
if (process.argv[1] === fileURLToPath(import.meta.url) && folder !== undefined) {
  const taken = []
  for (let i = 0; i < 11; i += 1) taken.push(await openBarely(folder))
  const sorted = taken.slice(1).sort((a, b) => a - b)
  console.log(sorted[sorted.length >> 1])
}
