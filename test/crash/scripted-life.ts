/** A short life with everything in it that a store does to its files. */
import type { TestedStore } from './tested-store.ts'

export async function liveByTheScript(tested: TestedStore): Promise<void> {
  await tested.open()
  await writeInEveryManner(tested)
  await fillAndFlush(tested)
  await compactAndClear(tested)
  await tested.checkReads()
  await tested.reopen()
  await tested.write([{ key: 'again', value: tested.newValue(10) }], 'os')
  await tested.write([{ key: 'first', value: undefined }], 'disk')
  await tested.close()
}

async function writeInEveryManner(tested: TestedStore): Promise<void> {
  const value = (): string => tested.newValue(10)
  await tested.write([{ key: 'first', value: value() }], 'memory')
  await tested.write([{ key: 'a', value: value() }], 'os')
  void tested.write([{ key: 'b', value: value() }], 'os')
  void tested.write([{ key: 'a', value: undefined }], 'disk')
  void tested.write([{ key: 'c', value: tested.newValue(700) }], 'memory')
  const both = [
    { key: 'b', value: value() },
    { key: 'd', value: value() },
  ]
  tested.writeSync(both, 'disk')
  await tested.finishWrites()
}

/** More than two MemTables, several writers at once, and a quiet time in which everything is synced and marked. */
async function fillAndFlush(tested: TestedStore): Promise<void> {
  for (let i = 0; i < 28; i++) void fill(tested, `fill-${i % 5}`)
  await tested.finishWrites()
  tested.time.pass(1100)
  await tested.takeSnapshot()
  await tested.flush()
  await tested.write([{ key: 'd', value: undefined }], 'os')
  tested.time.pass(1100)
  await tested.finishWrites()
  tested.time.pass(1100)
}

async function compactAndClear(tested: TestedStore): Promise<void> {
  for (let i = 0; i < 10; i++) await fill(tested, `fill-${i % 4}`)
  await tested.compact()
  await tested.clear('fill-1', 'disk')
  await tested.write([{ key: 'last', value: tested.newValue(10) }], 'memory')
}

function fill(tested: TestedStore, name: string): Promise<void> {
  const changes = [0, 1, 2, 3].map((i) => ({ key: `${name}-${i}`, value: tested.newValue(1900) }))
  return tested.write(changes, 'os')
}
