import { describe, test } from 'vitest'
import { InMemoryStore } from '../../src/store/in-memory-store.ts'
import { testKeyValueStore } from '../../src/testing/key-value-store-suite.ts'

testKeyValueStore({
  describe,
  test,
  name: 'InMemoryStore',
  open: (encodings) => InMemoryStore.open(encodings),
})
