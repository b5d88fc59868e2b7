import { testRandomCrashes } from './random-crashes.ts'

testRandomCrashes('size-tiered')
