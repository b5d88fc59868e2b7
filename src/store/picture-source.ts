/** The walk of an iterator over a picture of the entries: always in memory, so never pending. */
import { FillState, type ItemSource } from './iterator-handle.ts'
import { type EntriesPicture, indexAfter } from './sorted-entries.ts'

/** The part of a picture to walk: from one index to before another, one way or the other. */
export interface PictureStretch {
  readonly picture: EntriesPicture
  readonly from: number
  readonly to: number
  readonly reverse: boolean
  /** Ends the hold on the picture. */
  readonly letGo: () => void
}

export class PictureSource<T> implements ItemSource<T> {
  readonly #stretch: PictureStretch
  readonly #itemOf: (key: Uint8Array, value: Uint8Array) => T
  #next: number

  /** `itemOf` makes of an entry what the iterator hands out. */
  constructor(stretch: PictureStretch, itemOf: (key: Uint8Array, value: Uint8Array) => T) {
    this.#stretch = stretch
    this.#itemOf = itemOf
    this.#next = stretch.reverse ? stretch.to - 1 : stretch.from
  }

  fill(items: T[], count: number, sizeBytesMax: number): FillState {
    const { picture, from, to, reverse } = this.#stretch
    let sizeBytes = 0
    while (items.length < count && sizeBytes < sizeBytesMax) {
      if (this.#next < from || this.#next >= to) return FillState.end
      const key = picture.keys[this.#next] as Uint8Array
      const value = picture.values[this.#next] as Uint8Array
      items.push(this.#itemOf(key, value))
      sizeBytes += key.length + value.length
      this.#next += reverse ? -1 : 1
    }
    return FillState.filled
  }

  async load(): Promise<void> {}

  loadSync(): void {}

  seek(target: Uint8Array): void {
    const { picture, from, to, reverse } = this.#stretch
    this.#next = reverse
      ? Math.min(indexAfter(picture.keys, target, true) - 1, to - 1)
      : Math.max(indexAfter(picture.keys, target, false), from)
  }

  close(): void {
    this.#stretch.letGo()
  }
}
