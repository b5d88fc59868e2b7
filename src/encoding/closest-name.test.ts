import { expect, test } from 'vitest'
import { closestName } from './closest-name.ts'

const names = ['durability', 'signal', 'limit', 'gt', 'gte']

test.each([
  ['durabilty', 'durability'],
  ['Durability', 'durability'],
  ['singal', 'signal'],
  ['limits', 'limit'],
  ['get', 'gt'],
  ['gtee', 'gte'],
])('closestName() takes %s for %s', (wrong, meant) => {
  expect(closestName(wrong, names)).toBe(meant)
})

test.each(['', 'snapshot', 'x', 'dur', 'encoding'])('closestName() does not guess at %j', (wrong) => {
  expect(closestName(wrong, names)).toBeUndefined()
})
