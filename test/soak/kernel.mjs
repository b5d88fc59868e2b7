/**
 * `npm run build && npx tsx test/soak/kernel.mjs [entries = 200,000]`: the compiled kernel against the plain one, over keys of 16 bytes and values of 100. Both run by turns in one process; a number is the median
 * of five rounds, in nanoseconds of CPU time an operation.
 */
import { hashKey, keyHash } from '../../src/bytes/key-hash.ts'
import { createEntryView } from '../../src/entry/entry.ts'
import { foundKernel } from '../../src/kernel/kernel-instances.ts'
import { ownScratchSizeBytes } from '../../src/kernel/memory-layout.ts'
import { createPlainMemory, createWasmMemory } from '../../src/kernel/shared-memory.ts'
import { MemTable } from '../../src/memtable/mem-table.ts'

const entryCount = Number(process.argv[2] ?? 200_000)
const roundCount = 5
const batchLength = 1000
const entrySizeBytes = 132
const arenaSizeBytes = Math.ceil((entryCount * 200) / 65_536 + 16) * 65_536

const random = (below) => Math.floor(Math.random() * below)
const shapes = {
  random: () => Buffer.from(Array.from({ length: 16 }, () => 97 + random(26))),
  ascending: (index) => Buffer.from(String(index).padStart(16, '0')),
  'behind a prefix': () => Buffer.from(`user:${String(random(1e11)).padStart(11, '0')}`),
}

const arenas = Object.entries({ plain: createPlainMemory, compiled: createWasmMemory }).map(
  ([name, create]) => {
    const memory = create(ownScratchSizeBytes + arenaSizeBytes)
    foundKernel(memory, ownScratchSizeBytes)
    return [name, { memory, base: ownScratchSizeBytes, sizeBytes: arenaSizeBytes }]
  },
)
const value = Buffer.alloc(100, 7)
const view = createEntryView()

function append(table, key, sequence) {
  const start = table.nextKeyPosition
  for (let i = 0; i < key.length; i += 1) table.bytes[start + i] = key[i]
  table.bytes.set(value, start + key.length)
  return table.appendEntry(sequence, 1, 0, key.length, value.length)
}

function find(table, key) {
  hashKey(key, 0, key.length)
  return table.find(key, 0, key.length, keyHash.high, keyHash.low, Infinity, view)
}

/** One round: what each operation cost, by name. */
function measure(arena, keys, shuffled, strangers) {
  const costs = {}
  const time = (name, run) => {
    const { user, system } = process.cpuUsage()
    run()
    const spent = process.cpuUsage()
    costs[name] = ((spent.user + spent.system - user - system) * 1000) / entryCount
  }
  const singles = MemTable.create(arena, 1)
  time('append and insert one by one', () => {
    for (let i = 0; i < entryCount; i += 1) singles.insertEntries(append(singles, keys[i], i + 1))
  })
  const table = MemTable.create(arena, 1)
  let offset = table.appendOffset
  time('append', () => {
    for (let i = 0; i < entryCount; i += 1) append(table, keys[i], i + 1)
  })
  time('insert in batches of 1,000', () => {
    const end = table.appendOffset
    while (offset < end)
      offset = table.insertEntries(offset, Math.min(offset + batchLength * entrySizeBytes, end))
  })
  time('find', () => {
    for (const key of shuffled) if (!find(table, key)) throw new Error('an entry is missing')
  })
  time('find nothing', () => {
    for (const key of strangers) find(table, key)
  })
  const cursor = table.cursor({ reverse: false, allVersions: false, sequenceLimit: Infinity })
  time('seek', () => {
    for (const key of shuffled) cursor.seek(key, false)
  })
  time('step', () => {
    cursor.rewind()
    for (let i = 1; i < table.keyCount; i += 1) cursor.advance()
  })
  return costs
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >>> 1]
}

for (const [shape, makeKey] of Object.entries(shapes)) {
  const keys = Array.from({ length: entryCount }, (_, i) => makeKey(i))
  const shuffled = [...keys]
  for (let i = entryCount - 1; i > 0; i -= 1) {
    const other = random(i + 1)
    ;[shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]]
  }
  const strangers = Array.from({ length: entryCount }, (_, i) => makeKey(i + entryCount))
  const rounds = { plain: [], compiled: [] }
  for (let round = 0; round < roundCount; round += 1) {
    const order = round % 2 === 0 ? arenas : [...arenas].reverse()
    for (const [name, arena] of order) rounds[name].push(measure(arena, keys, shuffled, strangers))
  }
  console.log(`\nkeys ${shape}`.padEnd(31), 'plain', 'compiled', 'ratio')
  for (const operation of Object.keys(rounds.plain[0])) {
    const [plain, compiled] = ['plain', 'compiled'].map((name) =>
      median(rounds[name].map((costs) => costs[operation])),
    )
    console.log(
      operation.padEnd(30),
      plain.toFixed(0).padStart(5),
      compiled.toFixed(0).padStart(8),
      (plain / compiled).toFixed(2).padStart(5),
    )
  }
}
