/** What `varve/testing` exports: the suite for stores and adapters, and the crash laboratory. */

export type { CrashProfile } from '../fs/crash-image.ts'
export type { FileOperation } from '../fs/file-operation.ts'
export { MemoryFileSystem, type MemoryFileSystemOptions } from '../fs/memory-file-system.ts'
export type { CrashOptions } from '../fs/memory-tree.ts'
export { SeededRandom } from '../fs/seeded-random.ts'
export {
  type AnyStore,
  type EncodingPair,
  type KeyValueStoreSuite,
  testKeyValueStore,
} from './key-value-store-suite.ts'
export { type RottenBit, rotBits } from './laboratory/bit-rot.ts'
export {
  type Crash,
  CrashError,
  type CrashReport,
  type CrashRunOptions,
  crashAtEvery,
} from './laboratory/crash-at-every.ts'
export {
  CrashLaboratory,
  type LaboratoryOptions,
  type LaboratoryParts,
} from './laboratory/crash-laboratory.ts'
export { type Death, deaths } from './laboratory/death.ts'
export { type FaultCode, FaultPlan, type FaultPlanOptions } from './laboratory/fault-plan.ts'
export { SlowFileSystem } from './laboratory/slow-file-system.ts'
export { VirtualTime } from './laboratory/virtual-time.ts'
