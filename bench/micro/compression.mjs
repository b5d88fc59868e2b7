// What compressed blocks cost and save, in four tables: the codec by itself, compiled and plain; merges of runs as a
// compaction has them; the size of a store after a settled load of random overwrites, and how it compacts; and reads of
// that store with all of it in the cache, and with none. Values of 100 bytes of which half compresses. CPU time of the
// thread that works, medians of rounds in which all take turns. Run from the root after a build:
// npx tsx bench/micro/compression.mjs [entries = 400,000]

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from '../../dist/index.js'
import { startMerge } from '../../src/compaction/start-merge.ts'
import { nodeFileSystem } from '../../src/fs/node-file-system.ts'
import { createCompiledLz4 } from '../../src/kernel/compiled-lz4.ts'
import { PlainLz4 } from '../../src/kernel/plain-lz4.ts'
import { defaultSegmentSettings } from '../../src/segment/segment-settings.ts'
import { SegmentWriter } from '../../src/segment/segment-writer.ts'
import { systemClock } from '../../src/time/clock.ts'
import { Entries } from '../measure/entries.mjs'

const MB = 1_000_000
const roundCount = 7
const entryCount = Number(process.argv[2] ?? 400_000)
const entries = new Entries()
const payloadBytes = entryCount * entries.entryLength
/** @typedef {'none' | 'lz4'} Compression */
/** @type {Compression[]} */
const compressions = ['none', 'lz4']

const folder = mkdtempSync(join(tmpdir(), 'varve-compression-'))
try {
  measureCodecs()
  measureMerges()
  await measureStores()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Milliseconds of CPU time of this process. @param {() => void} act */
function cpuOf(act) {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** @param {number[]} values */
function median(values) {
  return /** @type {number} */ ([...values].sort((a, b) => a - b)[values.length >> 1])
}

/** 4 KB as a block has them behind its header: columns of numbers, then keys and values. @param {number} seed */
function blockBody(seed) {
  const body = Buffer.alloc(4072)
  const key = entries.newKey()
  const value = entries.newValue()
  const count = Math.floor(body.length / (entries.entryLength + 17))
  for (let i = 0; i < count; i += 1) {
    entries.writeKey(key, seed * count + i)
    entries.writeValue(value, seed * count + i, 0)
    body.writeUInt32LE(key.readUInt32BE(0), 4 * i)
    body.writeUInt32LE((seed + i) % 1000, 8 * count + 4 * i)
    body.writeUInt16LE(17 * count + (i + 1) * entries.entryLength, 12 * count + 2 * i)
    key.copy(body, 17 * count + i * entries.entryLength)
    value.copy(body, 17 * count + i * entries.entryLength + key.length)
  }
  return body
}

function measureCodecs() {
  const compiled = createCompiledLz4()
  if (compiled === undefined) throw new Error('there is no WebAssembly here')
  const bodies = Array.from({ length: 64 }, (_, i) => blockBody(i))
  const repeats = 40
  const totalMB = (bodies.length * repeats * 4072) / MB
  const target = Buffer.alloc(8192)
  console.log(
    '\n| LZ4, bodies of 4 KB | MB/s in | MB/s out | stored bytes of 100 |\n| --- | --- | --- | --- |',
  )
  for (const [name, codec] of /** @type {const} */ ([
    ['compiled', compiled],
    ['plain', new PlainLz4()],
  ])) {
    const blocks = bodies.map((body) => {
      const length = codec.compress(body, 0, body.length, target, 0, target.length)
      return Buffer.from(target.subarray(0, length))
    })
    const inputs = []
    const outputs = []
    for (let round = 0; round < roundCount; round += 1) {
      inputs.push(
        cpuOf(() => {
          for (let i = 0; i < repeats; i += 1)
            for (const body of bodies) codec.compress(body, 0, body.length, target, 0, target.length)
        }),
      )
      outputs.push(
        cpuOf(() => {
          for (let i = 0; i < repeats; i += 1)
            for (const block of blocks) codec.decompress(block, 0, block.length, target, 0, 4072)
        }),
      )
    }
    const stored = blocks.reduce((sum, { length }) => sum + length, 0) / (bodies.length * 4072)
    const [inputMs, outputMs] = [median(inputs), median(outputs)]
    console.log(
      `| ${name} | ${((totalMB / inputMs) * 1000).toFixed(0)} | ${((totalMB / outputMs) * 1000).toFixed(0)} | ${(stored * 100).toFixed(0)} |`,
    )
  }
}

/** Two runs with every second key each. @param {Compression} compression */
function writeRuns(compression) {
  const directory = join(folder, `runs-${compression}`)
  mkdirSync(directory)
  const key = entries.newKey()
  const value = entries.newValue()
  const numbers = Array.from({ length: entryCount }, (_, i) => i)
  const keyed = numbers.map((number) => {
    entries.writeKey(key, number)
    return { number, order: key.toString('latin1') }
  })
  keyed.sort((a, b) => (a.order < b.order ? -1 : 1))
  const inputs = [0, 1].map((run) => {
    const segmentNumber = 10 + run
    const file = nodeFileSystem.openSync(join(directory, `0000${segmentNumber}.seg`), 'create')
    const settings = { ...defaultSegmentSettings, segmentSizeBytes: 2 ** 30, compression }
    const writer = new SegmentWriter(file, segmentNumber, settings)
    for (let i = run; i < keyed.length; i += 2) {
      const number = keyed[i]?.number ?? 0
      entries.writeKey(key, number)
      entries.writeValue(value, number, 0)
      writer.add({
        keyBytes: key,
        keyStart: 0,
        keyLength: key.length,
        valueBytes: value,
        valueStart: 0,
        valueLength: value.length,
        sequenceNumber: (1 - run) * entryCount + i + 1,
        kind: 1,
        flags: 2,
      })
    }
    const meta = writer.finish()
    file.closeSync()
    return [meta]
  })
  return { directory, inputs }
}

function measureMerges() {
  const runs = { none: writeRuns('none'), lz4: writeRuns('lz4') }
  /** @type {Map<string, number[]>} */
  const costs = new Map()
  /** @type {Map<string, number>} */
  const sizes = new Map()
  let next = 100
  for (let round = 0; round < roundCount; round += 1) {
    for (const input of compressions) {
      for (const output of compressions) {
        const { directory, inputs } = runs[input]
        /** @type {import('../../src/compaction/merge-job.ts').MergeResult | undefined} */
        let result
        const first = next
        next += 10
        const ms = cpuOf(() => {
          const runner = startMerge(
            {
              kind: 'compaction',
              directory,
              inputs,
              grandparents: [],
              liveSequences: [2 * entryCount],
              deeperIntervals: [],
              segmentSettings: { ...defaultSegmentSettings, compression: output },
              outputNumbers: { first, count: 10 },
            },
            nodeFileSystem,
            systemClock,
          )
          while (!runner.step({ durationMs: Infinity, bytes: Infinity }));
          result = runner.result()
        })
        const name = `${input} to ${output}`
        costs.set(name, [...(costs.get(name) ?? []), ms])
        sizes.set(name, result?.bytesWritten ?? 0)
        for (const { number } of result?.added ?? [])
          rmSync(join(directory, `${String(number).padStart(6, '0')}.seg`))
      }
    }
  }
  console.log(
    '\n| merge of two runs | MB/s of keys and values | bytes written for 100 |\n| --- | --- | --- |',
  )
  for (const [name, values] of costs) {
    const speed = payloadBytes / MB / (median(values) / 1000)
    console.log(
      `| ${name} | ${speed.toFixed(0)} | ${((100 * (sizes.get(name) ?? 0)) / payloadBytes).toFixed(0)} |`,
    )
  }
}

/** Overwrites random entries, twice as many as there are, and settles. @param {Compression} compression */
async function load(compression) {
  const path = join(folder, `store-${compression}`)
  const store = await open(path, { keyEncoding: 'bytes', valueEncoding: 'bytes', compression })
  const key = entries.newKey()
  const value = entries.newValue()
  let state = 1
  for (let done = 0; done < 3 * entryCount; ) {
    const operations = []
    for (let i = 0; i < 1000; i += 1, done += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      const number = done < entryCount ? done : state % entryCount
      entries.writeKey(key, number)
      entries.writeValue(value, number, done < entryCount ? 0 : 1)
      operations.push({
        type: /** @type {const} */ ('put'),
        key: Buffer.from(key),
        value: Buffer.from(value),
      })
    }
    await store.batch(operations)
  }
  await store.compact()
  const { compactions, disk } = store.status()
  await store.close()
  return { path, sizeBytes: disk.segmentBytes, compactions }
}

async function measureStores() {
  console.log(
    '\n| store, after overwriting | bytes on disk for 100 | compactions read MB | wrote MB | took ms |\n| --- | --- | --- | --- | --- |',
  )
  /** @type {Record<string, string>} */
  const paths = {}
  for (const compression of compressions) {
    const { path, sizeBytes, compactions } = await load(compression)
    paths[compression] = path
    console.log(
      `| ${compression} | ${((100 * sizeBytes) / payloadBytes).toFixed(0)} | ${(compactions.bytesRead / MB).toFixed(0)} | ${(compactions.bytesWritten / MB).toFixed(0)} | ${compactions.totalMs.toFixed(0)} |`,
    )
  }
  console.log('\n| reads, microseconds | none | lz4 |\n| --- | --- | --- |')
  const caches = {
    'in the cache': 2 * payloadBytes,
    'not in the cache': 0,
    'a cache of a tenth': payloadBytes / 10,
  }
  for (const [name, cacheBudgetBytes] of Object.entries(caches)) {
    /** @type {Record<string, { gets: number[], scans: number[] }>} */
    const costs = { none: { gets: [], scans: [] }, lz4: { gets: [], scans: [] } }
    for (let round = 0; round < roundCount; round += 1) {
      for (const compression of compressions) {
        const store = await open(/** @type {string} */ (paths[compression]), {
          keyEncoding: 'bytes',
          valueEncoding: 'bytes',
          compression,
          memoryBudgetBytes: 1024 * 1024 * 1024,
          tuning: { cacheBudgetBytes: Math.floor(cacheBudgetBytes) },
        })
        const key = entries.newKey()
        let state = round + 1
        const getCount = entryCount
        const getSome = () => {
          for (let i = 0; i < getCount; i += 1) {
            state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
            entries.writeKey(key, state % entryCount)
            if (store.getSync(key) === undefined) throw new Error('an entry is missing')
          }
        }
        const scan = () => {
          let count = 0
          for (const _ of store.entries()) count += 1
          if (count !== entryCount) throw new Error(`${count} entries`)
        }
        scan()
        getSome()
        costs[compression]?.gets.push((1000 * cpuOf(getSome)) / getCount)
        costs[compression]?.scans.push((1000 * cpuOf(scan)) / entryCount)
        await store.close()
      }
    }
    for (const kind of /** @type {const} */ (['gets', 'scans'])) {
      const shown = compressions.map((each) => median(costs[each]?.[kind] ?? []).toFixed(2))
      console.log(`| ${kind === 'gets' ? 'get' : 'entry of a scan'}, ${name} | ${shown.join(' | ')} |`)
    }
  }
}
