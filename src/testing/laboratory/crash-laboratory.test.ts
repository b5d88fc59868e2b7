import { describe, expect, test } from 'vitest'
import type { FileOperation } from '../../fs/file-operation.ts'
import { rotBits } from './bit-rot.ts'
import { CrashError, crashAtEvery } from './crash-at-every.ts'
import { CrashLaboratory } from './crash-laboratory.ts'
import { FaultPlan } from './fault-plan.ts'

const small = {
  memoryBudgetBytes: 16 * 1024 * 1024,
  tuning: { arenaSizeBytes: 65_536, arenaCountMax: 3, cacheBudgetBytes: 65_536, indexBudgetBytes: 65_536 },
}

async function writeALittle(laboratory: CrashLaboratory, acknowledged: string[]): Promise<void> {
  const store = await laboratory.open('/store', small)
  for (const durability of ['os', 'disk', 'os'] as const) {
    await laboratory.turns()
    const key = `${durability} ${acknowledged.length}`
    await store.put(key, 'x'.repeat(laboratory.random.upTo(2000)), { durability })
    acknowledged.push(key)
  }
  await store.flush()
  await store.close()
}

describe('a laboratory', () => {
  test('of one seed does the same operations each time, of another others', async () => {
    const runs: string[] = []
    for (const seed of [1, 1, 2]) {
      const operations: string[] = []
      const onOperation = ({ name, path, length }: FileOperation): void => {
        operations.push(`${name} ${path} ${length}`)
      }
      const laboratory = new CrashLaboratory({ seed, slowDisk: true, onOperation })
      await writeALittle(laboratory, [])
      laboratory.stop()
      runs.push(operations.join('\n'))
    }
    expect(runs[0]).toBe(runs[1])
    expect(runs[0]).not.toBe(runs[2])
  })

  test('lives on with what a death left, and no longer hears of what went on before', async () => {
    const heard: string[] = []
    const laboratory = new CrashLaboratory({ seed: 1, onOperation: ({ name }) => heard.push(name) })
    const store = await laboratory.open('/store', small)
    await store.put('kept', 'x', { durability: 'disk' })
    await store.put('lost', 'x', { durability: 'memory' })
    laboratory.die('posix')
    heard.length = 0
    await store.close()
    expect(heard).toEqual([])
    const again = await laboratory.open('/store', small)
    expect(await again.get('kept')).toBe('x')
    expect(await again.get('lost')).toBeUndefined()
    await again.close()
    laboratory.stop()
  })

  test('has a disk that fills up and is enlarged', async () => {
    const laboratory = new CrashLaboratory({ seed: 1, capacityBytes: 20_000 })
    const store = await laboratory.open('/store', small)
    const value = 'x'.repeat(3000)
    const resumed = new Promise<void>((resolve) => store.on('resumed', () => resolve()))
    await expect(
      (async () => {
        for (let i = 0; i < 20; i++) await store.put(`k${i}`, value)
      })(),
    ).rejects.toMatchObject({ code: 'STORE_DISK_FULL' })
    laboratory.disk.capacityBytes = Infinity
    laboratory.time.pass(2000)
    await store.put('k', value).catch(() => undefined)
    await resumed
    await store.put('k', value)
    await store.close()
    laboratory.stop()
  })
})

describe('crashAtEvery()', () => {
  async function run(options: {
    promisesMemory?: boolean
    onlyCrashPoint?: number
    recoveries?: number
    crashPointCount?: number
  }): Promise<{ report: Awaited<ReturnType<typeof crashAtEvery>>; deaths: string[] }> {
    const acknowledged: string[] = []
    const deaths: string[] = []
    const report = await crashAtEvery({
      seed: 11,
      crashesInRecovery: options.recoveries ?? 0,
      crashPointCount: options.crashPointCount ?? Infinity,
      ...(options.onlyCrashPoint !== undefined && { onlyCrashPoint: options.onlyCrashPoint }),
      workload: (laboratory) => writeALittle(laboratory, acknowledged),
      remember: () => acknowledged.length,
      check: async (laboratory, { death, where, lostPower, remembered }) => {
        deaths.push(`${death} ${where}`)
        const store = await laboratory.open('/store', small)
        const promised = acknowledged
          .slice(0, remembered)
          .filter((key) => options.promisesMemory || !lostPower || key.startsWith('disk'))
        for (const key of promised) if (!(await store.has(key))) throw new Error(`${key} is lost`)
        await store.close()
      },
    })
    return { report, deaths }
  }

  test('dies at every operation that changes something, in every way, and once more at the end', async () => {
    const { report, deaths } = await run({})
    expect(report.operationCount).toBeGreaterThan(20)
    const each = report.operationCount + 1
    expect(report.crashes).toEqual({ killed: each, ordered: each, posix: each })
    expect(deaths).toHaveLength(3 * each)
    expect(deaths).toContain('posix before syncDirectory /store')
    expect(deaths.at(-1)).toBe('posix after the last operation')
  })

  test('dies inside recovery', async () => {
    const { report } = await run({ recoveries: Infinity, crashPointCount: 1 })
    expect(report.crashesInRecovery).toBeGreaterThan(30)
  })

  test('of one seed is one run', async () => {
    const options = { recoveries: 1, crashPointCount: 5 }
    expect(await run(options)).toEqual(await run(options))
  })

  test('names seed, crash point and losses of a promise that is not kept, and repeats it', async () => {
    const failure = await run({ promisesMemory: true }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CrashError)
    const { seed, crashPoint, deaths, lost, message } = failure as CrashError
    expect(seed).toBe(11)
    expect(deaths).toHaveLength(1)
    expect(lost.join()).toMatch(/\.log: ends at byte/)
    expect(message).toMatch(/^os \d is lost \(seed 11, crash point \d+, .* before .*; lost: .*\)$/)
    const again = await run({ promisesMemory: true, onlyCrashPoint: crashPoint }).catch((error) => error)
    expect((again as CrashError).message).toBe(message)
  })
})

describe('a fault plan', () => {
  test('strikes once or from then on, with short writes, and knows where', async () => {
    for (const isLasting of [false, true]) {
      const plan = new FaultPlan({ code: 'EIO', at: 1, isLasting, isShort: true })
      const { disk } = new CrashLaboratory({ onOperation: (operation) => plan.check(operation) })
      const file = disk.openSync('/file', 'create')
      expect(() => file.writeSync(Uint8Array.of(1, 2, 3, 4), 0)).toThrow(/^EIO/)
      const second = (): void => file.writeSync(Uint8Array.of(9), 0)
      if (isLasting) expect(second).toThrow(/^EIO/)
      else second()
      plan.heal()
      expect(file.sizeSync()).toBe(2)
      expect(plan.failed.map(({ name }) => name)).toEqual(isLasting ? ['write', 'write'] : ['write'])
    }
  })

  test('makes a sync fail once and lie from then on', () => {
    const plan = new FaultPlan({ code: 'EIO', at: 2 })
    const laboratory = new CrashLaboratory({ seed: 3, onOperation: (operation) => plan.check(operation) })
    const file = laboratory.disk.openSync('/file', 'create')
    file.writeSync(new Uint8Array(1000).fill(7), 0)
    expect(() => file.syncSync()).toThrow(/^EIO/)
    file.syncSync()
    laboratory.disk.syncDirectorySync('/')
    const lengths = new Set<number>()
    for (let seed = 0; seed < 50; seed++) {
      lengths.add(laboratory.disk.crashed({ seed, profile: 'posix' }).openSync('/file', 'read').sizeSync())
    }
    expect(lengths).toContain(0)
  })
})

test('rotten bits are found, or change nothing that is read', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const laboratory = new CrashLaboratory({ seed })
    await writeALittle(laboratory, [])
    const [bit] = await rotBits(laboratory.disk, '/store', laboratory.random)
    expect(bit?.path).toMatch(/^\/store\//)
    const outcome = await laboratory.open('/store', small).then(
      async (store) => {
        const { ok } = await store.check()
        await store.close()
        return ok ? 'sound' : 'found'
      },
      (error: { code?: string }) => error.code,
    )
    // Only what is said twice may be wrong and still be harmless.
    expect(['found', 'STORE_CORRUPTION', 'STORE_UNSUPPORTED_FORMAT'], JSON.stringify(bit)).toContain(outcome)
    laboratory.stop()
  }
})
