/**
 * How long operations are repeated before the clock runs: until there were enough to fill the caches and until they
 * have used CPU for half the time of a measurement, since code is compiled meanwhile. On a machine that is busy with
 * other things half the time on the clock would not be half the work.
 *
 * @param {number} seconds of a measurement
 * @param {number} operations that fill the caches
 */
export function warmUp(seconds, operations) {
  const start = performance.now()
  const cpuStart = process.cpuUsage()
  return {
    /** @param {number} done operations so far */
    goesOn: (done) => {
      const share = (performance.now() - start) / (seconds * 1e3)
      const { user, system } = process.cpuUsage(cpuStart)
      const cpuShare = (user + system) / (seconds * 1e6)
      if (cpuShare < 0.5) return share < 4
      return done < operations && share < 1
    },
  }
}
