import { describe, expect, test } from 'vitest'
import { ManualScheduler } from '../../test/support/manual-scheduler.ts'
import type { Maintenance } from './maintenance.ts'
import { RoomGate } from './room-gate.ts'
import { StoreEvents, silentLogger } from './store-events.ts'

interface Situation {
  nowMs: number
  pressure: number
  isSyncOverdue: boolean
  /** How often the gate had maintenance make room. */
  madeRoom: number
}

function openGate(): { gate: RoomGate; situation: Situation; scheduler: ManualScheduler; told: string[] } {
  const situation: Situation = { nowMs: 0, pressure: 0, isSyncOverdue: false, madeRoom: 0 }
  const scheduler = new ManualScheduler()
  const events = new StoreEvents(silentLogger)
  const told: string[] = []
  events.on('stallBegin', ({ cause }) => told.push(`stall: ${cause}`))
  events.on('stallEnd', ({ cause }) => told.push(`over: ${cause}`))
  const maintenance = {
    get pressure() {
      return situation.pressure
    },
    isLevel0Full: false,
    makeRoom: () => {},
    makeRoomSync: () => {
      situation.madeRoom++
    },
  }
  const gate = new RoomGate({
    clock: { monotonicMs: () => situation.nowMs, wallTimeMs: () => 0 },
    scheduler,
    events,
    maintenance: maintenance as unknown as Maintenance,
    isSyncOverdue: () => situation.isSyncOverdue,
    syncSync: () => {
      situation.isSyncOverdue = false
    },
  })
  return { gate, situation, scheduler, told }
}

const MiB = 1024 * 1024

describe('RoomGate', () => {
  test('holds writes back for a while when there is pressure, and not without', () => {
    const { gate, situation } = openGate()
    gate.noteWritten(100 * MiB)
    expect(gate.isHeldBack()).toBe(false)
    situation.pressure = 1
    gate.noteWritten(MiB)
    expect(gate.isHeldBack()).toBe(true)
    situation.nowMs += 1000
    expect(gate.isHeldBack()).toBe(false)
  })

  test('a write that is only slowed down waits for a timer and is no stall', async () => {
    const { gate, situation, scheduler, told } = openGate()
    situation.pressure = 1
    gate.noteWritten(MiB)
    const waited = gate.wait()
    situation.nowMs += 1000
    expect(scheduler.runTimer()).toBe(true)
    await waited
    expect(told).toEqual([])
  })

  test('a write that was held back until just now does not wait for anything else to happen', async () => {
    const { gate, situation, told } = openGate()
    situation.pressure = 1
    gate.noteWritten(MiB)
    expect(gate.isHeldBack()).toBe(true)
    // Between the question and the wait the time ran out.
    situation.nowMs += 1000
    await gate.wait()
    expect(told).toEqual([])
  })

  test('a blocking write that is only slowed down goes on, and has no room made', async () => {
    const { gate, situation, told } = openGate()
    situation.pressure = 1
    gate.noteWritten(MiB)
    gate.waitSync()
    expect(gate.isHeldBack()).toBe(false)
    expect(situation.madeRoom).toBe(0)
    expect(told).toEqual([])
    // Still no memory: now somebody must make room.
    gate.waitSync()
    expect(situation.madeRoom).toBe(1)
    await Promise.resolve()
    expect(told).toEqual(['stall: arenas', 'over: arenas'])
  })

  test('a write that finds no memory stalls until the gate opens', async () => {
    const { gate, told } = openGate()
    const waited = gate.wait()
    await Promise.resolve()
    expect(told).toEqual(['stall: arenas'])
    expect(gate.stallCause).toBe('arenas')
    gate.open()
    await waited
    expect(told).toEqual(['stall: arenas', 'over: arenas'])
    expect(gate.stallCause).toBeUndefined()
  })

  test('a blocking write syncs when syncs are far behind', () => {
    const { gate, situation } = openGate()
    situation.isSyncOverdue = true
    expect(gate.isHeldBack()).toBe(true)
    gate.waitSync()
    expect(gate.isHeldBack()).toBe(false)
    expect(situation.madeRoom).toBe(0)
  })
})
