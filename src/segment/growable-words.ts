/** A list of unsigned 32-bit numbers that grows by doubling; what a segment's writer gathers its index in. */
export class GrowableWords {
  words: Uint32Array = new Uint32Array(256)
  length = 0

  push(word: number): void {
    if (this.length === this.words.length) this.#grow()
    this.words[this.length] = word
    this.length += 1
  }

  #grow(): void {
    const grown = new Uint32Array(this.words.length * 2)
    grown.set(this.words)
    this.words = grown
  }
}
