import { describe, expect, it } from 'vitest'
import { JobQueue, type QueuedJob } from './job-queue.ts'

interface NamedJob extends QueuedJob {
  readonly name: string
}

function job(name: string, store: number, kind: 'flush' | 'compaction', isUrgent = false): NamedJob {
  return { name, store, isFlush: kind === 'flush', isUrgent }
}

function turns(queue: JobQueue<NamedJob>, count: number): string[] {
  return Array.from({ length: count }, () => queue.next()?.name ?? '-')
}

describe('JobQueue', () => {
  it('gives flushes before compactions, and what somebody is blocked on before both', () => {
    const queue = new JobQueue<NamedJob>()
    const compaction = job('compaction', 1, 'compaction')
    const flush = job('flush', 2, 'flush')
    const urgent = job('urgent', 3, 'compaction', true)
    for (const each of [compaction, flush, urgent]) queue.add(each)
    expect(turns(queue, 2)).toEqual(['urgent', 'urgent'])
    queue.remove(urgent)
    expect(turns(queue, 2)).toEqual(['flush', 'flush'])
    queue.remove(flush)
    expect(turns(queue, 2)).toEqual(['compaction', 'compaction'])
    queue.remove(compaction)
    expect(turns(queue, 1)).toEqual(['-'])
  })

  it('lets stores take turns, however many jobs each has', () => {
    const queue = new JobQueue<NamedJob>()
    queue.add(job('a1', 1, 'compaction'))
    queue.add(job('a2', 1, 'compaction'))
    queue.add(job('b', 2, 'compaction'))
    queue.add(job('c', 3, 'compaction'))
    expect(turns(queue, 7)).toEqual(['a1', 'b', 'c', 'a1', 'b', 'c', 'a1'])
  })

  it('serves a store that has just come before those that were served', () => {
    const queue = new JobQueue<NamedJob>()
    queue.add(job('a', 1, 'flush'))
    turns(queue, 3)
    queue.add(job('b', 2, 'flush'))
    expect(turns(queue, 2)).toEqual(['b', 'a'])
  })

  it('does the jobs of one store in the order they came', () => {
    const queue = new JobQueue<NamedJob>()
    const first = job('first', 1, 'flush')
    queue.add(first)
    queue.add(job('second', 1, 'flush'))
    expect(turns(queue, 2)).toEqual(['first', 'first'])
    queue.remove(first)
    queue.remove(first)
    expect(turns(queue, 1)).toEqual(['second'])
    expect(queue.size).toBe(1)
  })
})
