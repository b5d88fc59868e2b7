/** Where a VarveLevel has its store from: a folder, which it opens and closes, or a store that somebody else has. */
import type { AbstractLevel } from 'abstract-level'
import { describeValue } from '../../encoding/describe-value.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { checkOptionNames } from '../../store/arguments.ts'
import { KeyValueStore, type StoreCapabilities, SyncKeyValueStore } from '../../store/key-value-store.ts'
import { LogStructuredStore } from '../../store/log-structured-store.ts'
import {
  checkLevelOptionNames,
  checkLevelOptions,
  type OpenCallOptions,
  storeOptionsOf,
} from './level-options.ts'

/** A store whose keys and values are bytes. */
export type ByteStore = KeyValueStore<Uint8Array, Uint8Array>

/** What abstract-level is told about what a database can do. */
export type Manifest = ConstructorParameters<typeof AbstractLevel>[0] & { readonly getSync?: boolean }

export interface StoreSource {
  /** The folder, if there is one. */
  readonly location: string | undefined
  readonly manifest: Manifest
  /** Checks the options of the constructor. */
  checkOptions(options: object): void
  /** `hooked`: unknown options may be for a hook. */
  open(options: OpenCallOptions, hooked: boolean): Promise<ByteStore>
  close(store: ByteStore): Promise<void>
}

export function storeSourceOf(place: string | ByteStore): StoreSource {
  if (typeof place === 'string' && place !== '') return new FolderSource(place)
  if (place instanceof KeyValueStore) return new BorrowedSource(place)
  const expected = 'the name of a folder, or an open store with byte keys and values'
  throw new InvalidArgumentError(`the first argument must be ${expected}, got ${describeValue(place)}`)
}

class FolderSource implements StoreSource {
  readonly location: string
  readonly manifest: Manifest = {
    ...manifestOf({ ordered: true, snapshots: true, isPermanent: true, isSync: true }),
    createIfMissing: true,
    errorIfExists: true,
  }

  constructor(location: string) {
    this.location = location
  }

  checkOptions(options: object): void {
    checkLevelOptions(options)
  }

  async open(options: OpenCallOptions, hooked: boolean): Promise<ByteStore> {
    if (!hooked) checkLevelOptionNames(options)
    return LogStructuredStore.open(this.location, {
      ...storeOptionsOf(options),
      keyEncoding: 'bytes',
      valueEncoding: 'bytes',
    })
  }

  close(store: ByteStore): Promise<void> {
    return store.close()
  }
}

class BorrowedSource implements StoreSource {
  readonly location: undefined
  readonly manifest: Manifest
  readonly #store: ByteStore

  constructor(store: ByteStore) {
    const { ordered, snapshots, durabilities }: StoreCapabilities = store.capabilities
    if (!ordered)
      throw new InvalidArgumentError('the store does not keep its keys in order, which Level needs')
    this.#store = store
    const isPermanent = durabilities.some((durability) => durability !== 'memory')
    this.manifest = manifestOf({
      ordered,
      snapshots,
      isPermanent,
      isSync: store instanceof SyncKeyValueStore,
    })
  }

  checkOptions(): void {}

  async open(options: OpenCallOptions, hooked: boolean): Promise<ByteStore> {
    const names = ['createIfMissing', 'errorIfExists', 'passive']
    if (!hooked) checkOptionNames('VarveLevel over an open store', options, names)
    return this.#store
  }

  /** Whoever opened the store closes it. */
  async close(): Promise<void> {}
}

interface Features {
  readonly ordered: boolean
  readonly snapshots: boolean
  readonly isPermanent: boolean
  readonly isSync: boolean
}

function manifestOf({ ordered, snapshots, isPermanent, isSync }: Features): Manifest {
  return {
    encodings: { utf8: true, view: true },
    seek: ordered,
    has: true,
    getSync: isSync,
    implicitSnapshots: snapshots,
    explicitSnapshots: snapshots,
    permanence: isPermanent,
    additionalMethods: { approximateSize: true, compactRange: true },
    signals: { iterators: true },
  }
}
