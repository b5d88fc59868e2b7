// What the machine allows, whatever the engine: the part of each workload that no store of this kind gets round, as a
// bare loop without one. One table; a row says what the loop does and how many times a second. Where a workload of
// `npm run bench` misses its target, its rate is to be held against the row. Medians of rounds in which all take
// turns. Takes about 1 GB of memory, since none may be used twice. Run from the root: node bench/micro/limits.mjs [entries = 1,000,000]

import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openInNewProcess, prepareOpening } from './bare-opening.mjs'

const entryCount = Number(process.argv[2] ?? 1_000_000)
const keyLength = 16
const valueLength = 100
const entryLength = keyLength + valueLength
const roundCount = 5
const MiB = 1024 * 1024

const folder = mkdtempSync(join(tmpdir(), 'varve-limits-'))
const opened = join(folder, 'opened')
mkdirSync(opened)

/** Entries side by side, as blocks in a cache hold them. */
const entries = new Uint8Array(entryCount * entryLength)
for (let i = 0; i < entries.length; i += 1) entries[i] = i
/** A place for each key, as an index has it: 4 bytes that say where the entry lies. */
const slots = new Uint32Array(2 ** Math.ceil(Math.log2(entryCount * 1.5)))
for (let i = 0; i < slots.length; i += 1) slots[i] = Math.imul(i, 0x9e3779b1) >>> 0
/** Each line of memory, 64 bytes, leads to another one; all of them, as many as there are entries, are one circle. */
const wordsALine = 16
const chain = new Uint32Array(entryCount * wordsALine)
const text = Buffer.alloc(valueLength, 'x')
/** @type {Uint8Array[]} */
const kept = []
let sink = 0
let state = 1

/** A number below `count`, at random. @param {number} count */
function below(count) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * count)
}

/** A random circle through all lines: Sattolo's shuffle. */
function closeChain() {
  const lines = new Uint32Array(entryCount).map((_, line) => line)
  for (let i = entryCount - 1; i > 0; i -= 1) {
    const j = below(i)
    const line = Number(lines[i])
    lines[i] = Number(lines[j])
    lines[j] = line
  }
  lines.forEach((line, i) => {
    chain[line * wordsALine] = Number(lines[(i + 1) % entryCount]) * wordsALine
  })
}
closeChain()

/** Where the entry lies that a slot, taken at random, leads to: two loads from far memory, one after the other. */
function lookUp() {
  const slot = Number(slots[below(slots.length)])
  return (slot % entryCount) * entryLength
}

/** Small results share larger memory, as those of the store do. */
let slab = new Uint8Array(65_536)
let slabUsed = 0

/** @param {number} at @param {number} length */
function copyOf(at, length) {
  if (slabUsed + length > slab.length) {
    slab = new Uint8Array(Buffer.allocUnsafeSlow(65_536).buffer)
    slabUsed = 0
  }
  slab.set(entries.subarray(at, at + length), slabUsed)
  slabUsed += length
  return new Uint8Array(slab.buffer, slabUsed - length, length)
}

/**
 * `prepare` is not timed; `run` may answer with the milliseconds of the part that counts.
 *
 * @type {{ name: string, does: string, count: number, prepare?: () => void, run: (count: number) => number | void }[]}
 */
const loops = [
  {
    name: 'get, view',
    does: 'a slot and an entry at random, both read where they lie',
    count: 1_000_000,
    run(count) {
      for (let i = 0; i < count; i += 1) {
        const at = lookUp()
        sink += /** @type {number} */ (entries[at]) + /** @type {number} */ (entries[at + entryLength - 1])
      }
    },
  },
  {
    name: 'waiting for memory',
    does: 'a load from far memory that the one before says the place of; a get is two such at least, a slot and a block',
    count: 1_000_000,
    run(count) {
      let at = 0
      for (let i = 0; i < count; i += 1) at = Number(chain[at])
      sink += at
    },
  },
  {
    name: 'get, own copy',
    does: 'the same as for a view, and the value copied into shared memory with a view of its own',
    count: 1_000_000,
    run(count) {
      for (let i = 0; i < count; i += 1) {
        const at = lookUp()
        sink += /** @type {number} */ (entries[at])
        sink += copyOf(at + keyLength, valueLength).length
      }
    },
  },
  {
    name: 'get, string',
    does: 'the same as for a view, and a string made of the value',
    count: 1_000_000,
    run(count) {
      for (let i = 0; i < count; i += 1) {
        const at = lookUp()
        sink += /** @type {number} */ (entries[at])
        sink += text.toString('latin1', 0, valueLength).length
      }
    },
  },
  {
    name: 'scan, batches',
    does: 'key and value of one entry after the other copied, and both put into an array',
    count: 1_000_000,
    run(count) {
      for (let i = 0; i < count; i += 100) {
        const batch = []
        for (let j = i; j < i + 100; j += 1) {
          const at = (j % entryCount) * entryLength
          batch.push([copyOf(at, keyLength), copyOf(at + keyLength, valueLength)])
        }
        sink += batch.length
      }
    },
  },
  {
    name: 'fill, one by one',
    does: '160 bytes appended to a file',
    count: 50_000,
    run: (count) => append(count, 160, false),
  },
  {
    name: 'fill, batches',
    does: 'entries copied one behind the other into memory never touched before, and a thousand at a time, by way of a buffer, appended to a file',
    count: 200_000,
    run: fillBatches,
  },
  {
    name: 'durable, one writer',
    does: '192 bytes appended to a file and synced',
    count: 300,
    run: (count) => append(count, 192, true),
  },
  {
    name: 'durable, one writer, into room',
    does: 'the same where zeros were written ahead, 128 KiB at a time',
    count: 300,
    run: (count) => append(count, 192, true, roomBytes),
  },
  {
    name: 'durable, 64 writers, a group',
    does: '10 KB appended to a file and synced',
    count: 300,
    run: (count) => append(count, 10_240, true),
  },
  {
    name: 'durable, 64 writers, a group, into room',
    does: 'the same where zeros were written ahead, 128 KiB at a time',
    count: 300,
    run: (count) => append(count, 10_240, true, roomBytes),
  },
  ...[4096, 65_536].map((length) => ({
    name: `fill, ${length / 1024} KB`,
    does: 'the value copied to memory never touched before, and, by way of a buffer of 1 MiB, written to a log, and to a segment that is synced every 4 MiB',
    count: (64 * MiB) / length,
    /** @param {number} count */
    run: (count) => writeTwice(length, count),
  })),
  {
    name: 'get, 64 KB',
    does: 'a value at random copied into memory of its own',
    count: 2_000,
    run(count) {
      const places = Math.floor(entries.length / 65_536)
      for (let i = 0; i < count; i += 1) {
        const value = Buffer.allocUnsafeSlow(65_536)
        const at = below(places) * 65_536
        value.set(entries.subarray(at, at + 65_536))
        sink += value.length
      }
    },
  },
  {
    name: 'opening',
    does: 'what an opening and a first read ask of the system, in a new process: two sockets, a lock of files, four files read, one with an index of half a byte an entry',
    count: 1,
    prepare: () => prepareOpening(opened, entryCount / 2),
    run: () => openInNewProcess(opened),
  },
  {
    name: 'recovery, first write',
    does: '23 MB written to a segment, a megabyte at a time, synced every 4 MiB',
    count: 1,
    run: () => writeOnce(23),
  },
  {
    name: 'compaction of 174 MB',
    does: '168 MB of two files read and 89 MB written, a megabyte at a time, synced every 4 MiB, and the two removed: what a compaction has to where half compresses',
    count: 1,
    prepare: () => {
      for (const name of compacted) writeOnce(84, name)
    },
    run: () => {
      for (const name of compacted) readOnce(name)
      writeOnce(89)
      for (const name of compacted) unlinkSync(join(folder, name))
    },
  },
  {
    name: 'a page',
    does: 'memory written to for the first time, 4 KiB at a time',
    count: 4_096,
    run(count) {
      const memory = freshMemory(count * 4096)
      for (let i = 0; i < count; i += 1) memory[i * 4096] = 1
      sink += /** @type {number} */ (memory[0])
    },
  },
]

/** The files that a compaction reads and removes. */
const compacted = ['read', 'read too']

/** So much of the file's end is made of zeros before there is anything to put there. */
const roomBytes = 128 * 1024

/** @param {number} count @param {number} length @param {boolean} isSynced @param {number} [room] */
function append(count, length, isSynced, room = 0) {
  const file = openSync(join(folder, 'appended'), 'w')
  const record = Buffer.alloc(length, 1)
  const zeros = Buffer.alloc(room)
  let roomEnd = 0
  for (let i = 0; i < count; i += 1) {
    if (room > 0 && (i + 1) * length > roomEnd) {
      writeSync(file, zeros, 0, room, roomEnd)
      roomEnd += room
    }
    writeSync(file, record, 0, length, i * length)
    if (isSynced) fdatasyncSync(file)
  }
  closeSync(file)
}

/** Memory that the process never had before, so it must not get back what it had. @param {number} length */
function freshMemory(length) {
  const pageCount = Math.ceil(length / 65_536)
  // Array buffers may get what others had: these never do.
  const { buffer } = new /** @type {any} */ (globalThis).WebAssembly.Memory({
    initial: pageCount,
    maximum: pageCount,
    shared: true,
  })
  const memory = new Uint8Array(buffer, 0, length)
  kept.push(memory)
  return memory
}

/** @param {number} count */
function fillBatches(count) {
  const recordLength = 160
  const file = openSync(join(folder, 'filled'), 'w')
  const memory = freshMemory(count * recordLength)
  // The system, too, takes its time over memory that it sees for the first time.
  const buffer = Buffer.alloc(1000 * recordLength, 1)
  for (let i = 0; i < count; i += 1) {
    memory.set(text, i * recordLength)
    if (i % 1000 !== 999) continue
    buffer.set(memory.subarray((i - 999) * recordLength, (i + 1) * recordLength))
    writeSync(file, buffer)
  }
  closeSync(file)
}

/** @param {number} megabytes @param {string} [name] */
function writeOnce(megabytes, name = 'written') {
  const file = openSync(join(folder, name), 'w')
  const piece = Buffer.alloc(MiB, 1)
  for (let i = 1; i <= megabytes; i += 1) {
    writeSync(file, piece)
    if (i % 4 === 0 || i === megabytes) fdatasyncSync(file)
  }
  closeSync(file)
}

/** From the page cache. @param {string} name */
function readOnce(name) {
  const file = openSync(join(folder, name), 'r')
  const piece = Buffer.alloc(MiB)
  while (readSync(file, piece) > 0) sink += /** @type {number} */ (piece[0])
  closeSync(file)
}

/** @param {number} length @param {number} count */
function writeTwice(length, count) {
  const files = ['log', 'segment'].map((name) => openSync(join(folder, name), 'w'))
  const value = Buffer.alloc(length, 1)
  const [log, segment] = /** @type {[number, number]} */ (files)
  const memory = freshMemory(count * length)
  const buffer = Buffer.alloc(MiB, 1)
  for (let end = length; end <= count * length; end += length) {
    memory.set(value, end - length)
    if (end % MiB !== 0) continue
    buffer.set(memory.subarray(end - MiB, end))
    writeSync(log, buffer)
    writeSync(segment, buffer)
    if (end % (4 * MiB) === 0) fdatasyncSync(segment)
  }
  fdatasyncSync(segment)
  for (const file of files) closeSync(file)
}

/** @type {Map<string, number[]>} */
const micros = new Map(loops.map(({ name }) => [name, []]))
try {
  for (let round = 0; round < roundCount; round += 1) {
    for (const { name, count, prepare, run } of loops) {
      prepare?.()
      const start = performance.now()
      const taken = run(count) ?? performance.now() - start
      micros.get(name)?.push((taken * 1000) / count)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

console.log('| what | a second | each | a bare loop of |')
console.log('| --- | ---: | ---: | --- |')
for (const { name, does } of loops) {
  const sorted = /** @type {number[]} */ (micros.get(name)).sort((a, b) => a - b)
  const each = /** @type {number} */ (sorted[sorted.length >> 1])
  const rate = 1e6 / each
  const shown =
    rate >= 1e6
      ? `${(rate / 1e6).toFixed(2)} M`
      : rate >= 1e4
        ? `${(rate / 1e3).toFixed(0)} k`
        : rate.toFixed(0)
  const time =
    each >= 1000
      ? `${(each / 1000).toFixed(1)} ms`
      : each >= 10
        ? `${each.toFixed(0)} us`
        : `${(each * 1000).toFixed(0)} ns`
  console.log(`| ${name} | ${shown} | ${time} | ${does} |`)
}
if (sink === 0.5) console.log('never')
