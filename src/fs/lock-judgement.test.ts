import { spawnSync } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { closeServer, listenInDirectory } from './local-socket.ts'
import { createLockRecord, type LockRecord, preparedSocketName } from './lock-file.ts'
import { judgeContender, judgeLock } from './lock-judgement.ts'

const token = '0123456789abcdef'
/** Nothing can be said of its pid from here. */
const elsewhere = { pidNamespace: 'elsewhere', hasSocket: true }

let directory = ''
const servers: Server[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'varve-judge-'))
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map(closeServer))
  await rm(directory, { recursive: true, force: true })
})

function record(changes: Partial<LockRecord>): LockRecord {
  return { ...createLockRecord(token, false), ...changes }
}

function judge(changes: Partial<LockRecord>): Promise<string> {
  return judgeLock(directory, { text: '', record: record(changes) })
}

/** Somebody listens under `name`. */
async function listen(name: string): Promise<Server> {
  // Renamed, as the real one is; so closing it leaves the name behind, as death does.
  const server = await listenInDirectory(directory, 'unnamed.sock')
  await rename(join(directory, 'unnamed.sock'), join(directory, name))
  servers.push(server)
  return server
}

/** Somebody listened under `name` and died. */
async function leaveSilent(name: string): Promise<void> {
  await closeServer(await listen(name))
}

describe.skipIf(process.platform === 'win32')('the owner named by LOCK', () => {
  test('holds it while somebody answers at lock.sock', async () => {
    await listen('lock.sock')
    expect(await judge(elsewhere)).toBe('held')
    expect(await judgeLock(directory, { text: 'unreadable', record: undefined })).toBe('held')
  })

  test('holds it while he answers under the first name of his socket', async () => {
    await leaveSilent('lock.sock')
    await listen(preparedSocketName(token))
    expect(await judge(elsewhere)).toBe('held')
  })

  test('is gone when nobody can be behind his socket, whatever his pid', async () => {
    await leaveSilent('lock.sock')
    expect(await judge(elsewhere)).toBe('stale')
    expect(await judge({ hasSocket: true })).toBe('stale')
    expect(await judgeLock(directory, { text: 'unreadable', record: undefined })).toBe('stale')
  })

  test('is gone when he died before his socket got its name', async () => {
    await leaveSilent(preparedSocketName(token))
    expect(await judge(elsewhere)).toBe('stale')
  })

  test('is judged by his pid when his socket is missing', async () => {
    expect(await judge({ hasSocket: true })).toBe('held')
    expect(await judge({ hasSocket: true, pid: spawnSync(process.execPath, ['-e', '']).pid })).toBe('stale')
    expect(await judge(elsewhere)).toBe('undecidable')
    expect(await judgeLock(directory, { text: 'unreadable', record: undefined })).toBe('undecidable')
  })

  test('that had no socket is not judged by that of an earlier owner', async () => {
    await leaveSilent('lock.sock')
    expect(await judge({ hasSocket: false })).toBe('held')
    expect(await judge({ hasSocket: false, pidNamespace: 'elsewhere' })).toBe('undecidable')
  })

  test('is gone when something else than a socket bears its name', async () => {
    await writeFile(join(directory, 'lock.sock'), '')
    expect(await judge(elsewhere)).toBe('stale')
  })
})

describe.skipIf(process.platform === 'win32')('a contender', () => {
  test('is not judged by lock.sock, which he never had', async () => {
    await leaveSilent('lock.sock')
    expect(await judgeContender(directory, record(elsewhere))).toBe('undecidable')
    await leaveSilent(preparedSocketName(token))
    expect(await judgeContender(directory, record(elsewhere))).toBe('stale')
    await listen(preparedSocketName(token))
    expect(await judgeContender(directory, record(elsewhere))).toBe('held')
  })
})
