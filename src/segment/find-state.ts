/** What a lookup led to. `found` may be a tombstone. `pending`: load, then repeat the lookup. */
export const FindState = { absent: 0, found: 1, pending: 2 } as const
export type FindState = (typeof FindState)[keyof typeof FindState]
