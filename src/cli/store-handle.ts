/** The store that a run works on: opened when a command first needs it, closed once at the end. */
import type { Durability } from '../store/key-value-store.ts'
import type { Logger } from '../store/store-events.ts'
import { CommandError } from './cli-error.ts'
import type { Host, OpenStore } from './host.ts'
import type { Talk } from './terminal/talk.ts'

export interface StoreChoice {
  readonly path: string
  readonly durability: Durability | undefined
  readonly logger: Logger
}

export class StoreHandle {
  readonly path: string
  readonly #host: Host
  readonly #choice: StoreChoice
  readonly #talk: Talk
  #store: OpenStore | undefined
  #opening: Promise<OpenStore> | undefined

  constructor(host: Host, choice: StoreChoice, talk: Talk) {
    this.path = choice.path
    this.#host = host
    this.#choice = choice
    this.#talk = talk
  }

  /** The store if it is open already. */
  get opened(): OpenStore | undefined {
    return this.#store
  }

  exists(): Promise<boolean> {
    return this.#host.storeExists(this.path)
  }

  /** The store, which must be there: reading never makes one. */
  async existing(): Promise<OpenStore> {
    if (this.#store === undefined && !(await this.exists())) {
      throw new CommandError(
        `there is no store in ${this.path}`,
        "'put' and 'import' make one; another is named with --store DIR or VARVE_STORE.",
      )
    }
    return this.#open(false)
  }

  /** The store, made when there is none. */
  created(): Promise<OpenStore> {
    return this.#open(true)
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    const store = this.#store ?? (await this.#opening?.catch(() => undefined))
    this.#store = undefined
    this.#opening = undefined
    await store?.close()
  }

  #open(createIfMissing: boolean): Promise<OpenStore> {
    this.#opening ??= this.#openNow(createIfMissing).catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #openNow(createIfMissing: boolean): Promise<OpenStore> {
    const { path, durability, logger } = this.#choice
    const store = await this.#host.openStore(path, {
      keyEncoding: 'bytes',
      valueEncoding: 'bytes',
      createIfMissing,
      logger,
      ...(durability === undefined ? {} : { durability }),
    })
    store.on('warning', ({ message }) => this.#talk.warn(message))
    store.on('error', ({ error }) => this.#talk.warn(`in the background: ${error.message}`))
    this.#store = store
    return store
  }
}
