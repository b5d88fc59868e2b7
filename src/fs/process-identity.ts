/**
 * Who a process is, in a way that another process can judge later: is it still alive?
 *
 * A pid alone says little. It means something only inside its pid namespace (containers) and its boot, and is
 * given to another process later; the start time tells the two apart. Where namespace or boot differ, or are
 * not known, nobody can tell from here.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemCodeOf } from '../errors.ts'

export interface ProcessIdentity {
  readonly pid: number
  /** Within which the pid means something; `undefined` when it could not be found out. */
  readonly pidNamespace: string | undefined
  /** Of the kernel that runs, new at each start of the machine. */
  readonly bootId: string | undefined
  /** In ticks since the boot, as text. */
  readonly startTime: string | undefined
  readonly host: string
}

let thisProcess: ProcessIdentity | undefined

/** Who we are: found out once, for it takes several files. */
export function identifyThisProcess(): ProcessIdentity {
  thisProcess ??= findOutWhoWeAre()
  return thisProcess
}

function findOutWhoWeAre(): ProcessIdentity {
  const host = hostname()
  if (process.platform !== 'linux') {
    // One pid space a machine, and no boot id within reach: a dead pid is dead whatever the boot.
    return { pid: process.pid, pidNamespace: `machine ${host}`, bootId: 'any', startTime: undefined, host }
  }
  return {
    pid: process.pid,
    pidNamespace: quietly(() => readlinkSync('/proc/self/ns/pid')),
    bootId: quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    startTime: readProcessStat(process.pid)?.startTime,
    host,
  }
}

/** Whether the process lives; `unknown` when its pid means nothing here. */
export function judgeProcess(other: ProcessIdentity, self: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (other.pidNamespace === undefined || other.bootId === undefined) return 'unknown'
  if (other.pidNamespace !== self.pidNamespace || other.bootId !== self.bootId) return 'unknown'
  // Asked first, because /proc may hide the processes of other users.
  if (!answersSignals(other.pid)) return 'dead'
  const stat = readProcessStat(other.pid)
  if (stat === undefined || other.startTime === undefined) return 'alive'
  // A killed process whose parent has not asked for its end still has its pid, but nothing else.
  if (stat.state === 'Z' || stat.state === 'X') return 'dead'
  return stat.startTime === other.startTime ? 'alive' : 'dead'
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH'
  }
}

/** Fields 3 and 22 of /proc/PID/stat. The second field, the name, may hold spaces and parentheses itself. */
function readProcessStat(pid: number): { state: string; startTime: string } | undefined {
  const text = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const startTime = fields[19]
  return state === undefined || startTime === undefined ? undefined : { state, startTime }
}

/** What `read` gives, or `undefined` where this system does not tell. */
function quietly(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
