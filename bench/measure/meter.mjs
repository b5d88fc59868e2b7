/**
 * What one run costs: time and CPU of the stretches between `resume` and `pause`, bytes written to files, the
 * process's peak memory, how late the event loop's timers were.
 */
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Latencies } from './latencies.mjs'

const loopResolutionMs = 2

export class Meter {
  latencies = new Latencies()
  #wallMs = 0
  #cpuUs = 0
  #since = 0
  #cpuSince = process.cpuUsage()
  #writtenBefore = bytesWritten()
  #running = false
  #loop = monitorEventLoopDelay({ resolution: loopResolutionMs })
  #watchedLoop = false

  /** Forgets what was before: the warm-up. */
  begin() {
    this.#wallMs = 0
    this.#cpuUs = 0
    this.latencies = new Latencies()
    this.#writtenBefore = bytesWritten()
  }

  resume() {
    this.#running = true
    this.#cpuSince = process.cpuUsage()
    this.#since = performance.now()
  }

  pause() {
    this.#wallMs += performance.now() - this.#since
    const { user, system } = process.cpuUsage(this.#cpuSince)
    this.#cpuUs += user + system
    this.#running = false
  }

  /** Counts a stretch that was measured elsewhere. @param {{ ms: number, cpuUs: number }} stretch */
  add({ ms, cpuUs }) {
    this.#wallMs += ms
    this.#cpuUs += cpuUs
  }

  /** Time measured so far, the running stretch included. */
  get wallMs() {
    return this.#wallMs + (this.#running ? performance.now() - this.#since : 0)
  }

  /** For workloads that let the event loop turn by themselves. */
  watchLoop() {
    this.#watchedLoop = true
    this.#loop.enable()
  }

  stopWatchingLoop() {
    this.#loop.disable()
  }

  summary() {
    const written = bytesWritten()
    return {
      seconds: this.#wallMs / 1e3,
      cpuSeconds: this.#cpuUs / 1e6,
      latency: this.latencies.summary(),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      writtenBytes: written === undefined ? undefined : written - (this.#writtenBefore ?? 0),
      loopDelay: this.#watchedLoop && this.#loop.max > 0 ? this.#loopDelay() : undefined,
    }
  }

  #loopDelay() {
    const late = (/** @type {number} */ ns) => Math.max(0, ns / 1e6 - loopResolutionMs)
    return {
      p50Ms: late(this.#loop.percentile(50)),
      p99Ms: late(this.#loop.percentile(99)),
      p999Ms: late(this.#loop.percentile(99.9)),
      maxMs: late(this.#loop.max),
    }
  }
}

/** What this process has handed to write calls so far; `undefined` where the system does not tell. */
export function bytesWritten() {
  if (process.platform !== 'linux') return undefined
  const found = /^wchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'latin1'))
  return found === null ? undefined : Number(found[1])
}
