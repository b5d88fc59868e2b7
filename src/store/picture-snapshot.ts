/** A snapshot of an InMemoryStore: a picture of the entries, held until it is closed. */
import type { Snapshot } from './key-value-store.ts'
import type { EntriesPicture } from './sorted-entries.ts'

export class PictureSnapshot implements Snapshot {
  readonly sequenceNumber: number
  readonly picture: EntriesPicture
  /** The open snapshots of the store that made it. */
  readonly #siblings: Set<PictureSnapshot>
  readonly #letGo: () => void

  constructor(siblings: Set<PictureSnapshot>, sequenceNumber: number, picture: EntriesPicture) {
    this.sequenceNumber = sequenceNumber
    this.picture = picture
    this.#siblings = siblings
    this.#letGo = picture.hold()
  }

  /** Whether the store whose open snapshots these are has made it. */
  isOf(snapshots: Set<PictureSnapshot>): boolean {
    return this.#siblings === snapshots
  }

  close(): void {
    if (this.#siblings.delete(this)) this.#letGo()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}
