/**
 * The memory for MemTables that one store may use: at most so many arenas of one size, taken from the memories
 * of the process. An arena that comes back while a caller's code looks at its bytes (a `getView` or `forEach`
 * callback may write, even wait for room) is kept aside until that code returns.
 */
import { StorageError } from '../errors.ts'
import { type Arena, createOwnArena, memoryPool } from '../kernel/memory-pool.ts'

export class ArenaSupply {
  readonly arenaSizeBytes: number
  readonly #countMax: number
  /** The arenas of the usual size that are out. */
  readonly #taken = new Set<Arena>()
  /** Bytes of the arena of an oversize batch, or 0. */
  #ownBytes = 0
  #viewerCount = 0
  #aside: Arena[] = []
  /** Taken at open, so that a store that opens can be written to. */
  #reserved: Arena[] = []

  constructor(arenaSizeBytes: number, countMax: number) {
    this.arenaSizeBytes = arenaSizeBytes
    this.#countMax = countMax
  }

  get takenBytes(): number {
    return (this.#taken.size + this.#reserved.length + this.#aside.length) * this.arenaSizeBytes
  }

  get ownBytes(): number {
    return this.#ownBytes
  }

  /** How many more can be taken now. */
  get freeCount(): number {
    return this.#countMax - this.#taken.size
  }

  get countMax(): number {
    return this.#countMax
  }

  /** Makes sure of the two arenas without which nothing works. */
  reserve(): void {
    for (let i = this.#reserved.length; i < 2; i++) {
      const arena = memoryPool.take(this.arenaSizeBytes)
      if (arena === undefined) {
        this.release()
        throw new StorageError(
          `no memory left for another store: its MemTables need two arenas of ${this.arenaSizeBytes} bytes, and the ` +
            'shared memories of this process are used up. Close other stores or give them a smaller memoryBudgetBytes',
        )
      }
      this.#reserved.push(arena)
    }
  }

  take(): Arena | undefined {
    if (this.#taken.size >= this.#countMax) return undefined
    const arena = this.#reserved.pop() ?? memoryPool.take(this.arenaSizeBytes)
    if (arena !== undefined) this.#taken.add(arena)
    return arena
  }

  /** One of the usual size, beyond the count if need be: for tables without which the store could not go on. */
  takeAnyway(): Arena {
    return this.take() ?? this.takeBeyond(this.arenaSizeBytes)
  }

  /** An arena for one batch larger than the usual ones; `undefined` while there is another. */
  takeOwn(sizeBytes: number): Arena | undefined {
    if (this.#ownBytes > 0) return undefined
    const arena = createOwnArena(sizeBytes)
    this.#ownBytes = sizeBytes
    return arena
  }

  /** An arena of at least that size beyond all counts, for what recovery must hold while the disk is full. */
  takeBeyond(sizeBytes: number): Arena {
    // Never of the usual size, so that it is not taken for one of the pool when it comes back.
    return createOwnArena(sizeBytes === this.arenaSizeBytes ? sizeBytes + 64 : sizeBytes)
  }

  giveBack(arena: Arena): void {
    if (arena.sizeBytes !== this.arenaSizeBytes) {
      // One of its own; it goes when nobody refers to it.
      this.#ownBytes = 0
      return
    }
    this.#taken.delete(arena)
    this.#letGo(arena)
  }

  /**
   * Gives back an arena that something still reads from until `readers` resolves. Another can be taken in its place
   * at once, so for that long the process holds one more than the count says: a blocking write could not wait.
   */
  giveBackAfter(arena: Arena, readers: Promise<unknown>): void {
    if (arena.sizeBytes !== this.arenaSizeBytes) {
      this.giveBack(arena)
      return
    }
    this.#taken.delete(arena)
    void readers.then(() => this.#letGo(arena))
  }

  /** A caller's code is going to look at bytes in arenas. */
  beginViewing(): void {
    this.#viewerCount++
  }

  endViewing(): void {
    this.#viewerCount--
    if (this.#viewerCount > 0) return
    for (const arena of this.#aside) memoryPool.giveBack(arena)
    this.#aside = []
  }

  /** The code that looks at bytes has moved on to others: what was kept aside for it can go. */
  moveViewing(): void {
    this.endViewing()
    this.beginViewing()
  }

  #letGo(arena: Arena): void {
    if (this.#viewerCount > 0) this.#aside.push(arena)
    else memoryPool.giveBack(arena)
  }

  /** Gives back everything, what is out too: the store is closed, or could not be opened. */
  release(): void {
    for (const arena of [...this.#reserved, ...this.#taken]) memoryPool.giveBack(arena)
    this.#reserved = []
    this.#taken.clear()
  }
}
