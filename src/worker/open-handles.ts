/** The jobs of one store that are not over. */
import { invariant } from '../invariant.ts'
import type { MergeHandle } from './merge-executor.ts'

export class OpenHandles {
  readonly #handles = new Set<MergeHandle>()
  #isClosed = false

  add(handle: MergeHandle): MergeHandle {
    this.#handles.add(handle)
    const remove = (): void => {
      this.#handles.delete(handle)
    }
    handle.done.then(remove, remove)
    return handle
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Before a job begins. */
  checkOpen(): void {
    invariant(!this.#isClosed, 'a closed store has no maintenance')
  }

  /** Cancels all, and waits until all are over. Whether this is the first call. */
  async close(): Promise<boolean> {
    const isFirst = !this.#isClosed
    this.#isClosed = true
    const handles = [...this.#handles]
    for (const handle of handles) {
      handle.keepAlive(true)
      handle.cancel()
    }
    await Promise.allSettled(handles.map(({ done }) => done))
    return isFirst
  }
}
