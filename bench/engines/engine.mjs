/**
 * What a workload asks of an engine. Each engine answers by its fastest public way that gives what is asked for;
 * where it has none (views, say), by the next best, which is named in its file. Keys and values are Buffers, or
 * strings in a store opened with `text`. An answer that is no promise has come at once.
 */

/** @typedef {Buffer | string} Datum */

/**
 * @callback EntryVisitor
 * @param {any} key
 * @param {any} value
 * @returns {void}
 */

/**
 * @typedef {object} OpenOptions
 * @property {string} folder there already, empty or with a store in it
 * @property {boolean} durable whether an acknowledged write survives a power cut, or only the end of the process
 * @property {boolean} text keys and values are strings
 * @property {import('../measure/entries.mjs').Entries} entries what the store holds or will hold, for the engine that keeps nothing
 * @property {number} count how many of them
 */

/**
 * @typedef {object} Store
 * @property {(key: any, value: any) => unknown} put one of many that may be under way
 * @property {(key: any, value: any) => unknown} putAlone the next one comes when this one is acknowledged
 * @property {(keys: any[], values: any[]) => unknown} putBatch all or none
 * @property {(keys: any[]) => unknown} deleteBatch all or none
 * @property {(key: any) => any} getSync a value of one's own, or `undefined`
 * @property {(key: any, check: (value: any) => void) => void} getView calls `check` with bytes that may be valid until it returns, or with `undefined`
 * @property {(key: any) => unknown} get the same as `getSync`, many under way
 * @property {(keys: any[]) => unknown} getMany an array of values of one's own
 * @property {(reverse: boolean, visit: EntryVisitor) => unknown} scan all entries, of one's own
 * @property {(reverse: boolean, visit: EntryVisitor) => unknown} scanViews all entries, valid for the call alone
 * @property {(key: any, limit: number, visit: EntryVisitor) => unknown} scanFrom `limit` entries from `key` on
 * @property {boolean} [isNothing] does nothing: only the check that every value gets can pass
 * @property {() => boolean} [busy] whether something goes on in the background, where the engine can tell
 * @property {() => Promise<unknown>} [compact] merges everything; resolves when that is done
 * @property {() => unknown} close
 */

/**
 * @typedef {object} Engine
 * @property {string} version
 * @property {(options: OpenOptions) => Promise<Store>} open
 */

/** Memory that every engine may use for its caches, and for what it has not written yet. */
export const cacheBytes = 256 * 1024 * 1024
export const writeBufferBytes = 64 * 1024 * 1024

/** Entries that a scan asks for at a time. */
export const scanBatch = 1000
