import { testRandomCrashes } from './random-crashes.ts'

testRandomCrashes('leveled')
