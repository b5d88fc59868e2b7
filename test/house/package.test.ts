import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { importsOf, readFiles, readShippedFiles } from './source-code.ts'

const fields: Record<string, unknown> = packageJson

test('the package has no runtime dependencies', () => {
  expect(fields.dependencies ?? {}).toEqual({})
  expect(fields.optionalDependencies ?? {}).toEqual({})
})

test('the packages of integrations are optional peers', () => {
  const peers = Object.keys((fields.peerDependencies as object | undefined) ?? {})
  const meta = (fields.peerDependenciesMeta ?? {}) as Record<string, { optional?: boolean }>
  expect(peers.filter((name) => meta[name]?.optional !== true)).toEqual([])
})

test('the library imports no package, and an adapter none but optional peers', () => {
  const peers = Object.keys(packageJson.peerDependencies)
  const library = readShippedFiles().filter(({ path }) => !/^src\/(?:cli\/|main\.ts)/.test(path))
  const imports = library.flatMap((file) =>
    importsOf(file).map((specifier) => ({ path: file.path, specifier })),
  )
  const packages = imports.filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier))
  const allowed = packages.filter(
    ({ path, specifier }) =>
      path.startsWith('src/adapters/') && peers.some((name) => specifier.startsWith(name)),
  )
  expect(library.length).toBeGreaterThan(100)
  expect(packages.filter((each) => !allowed.includes(each))).toEqual([])
})

test('nothing runs when the package is installed', () => {
  const scripts = Object.keys(packageJson.scripts)
  const atInstall = ['preinstall', 'install', 'postinstall', 'prepare']
  expect(scripts.filter((name) => atInstall.includes(name))).toEqual([])
})

test('development packages are pinned to one version', () => {
  const loose = Object.entries(packageJson.devDependencies).filter(
    ([, version]) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+$/.test(version),
  )
  expect(loose).toEqual([])
})

test('every export names its types first', () => {
  const conditional = Object.values(packageJson.exports).filter((target) => typeof target === 'object')
  expect(conditional.map((target) => Object.keys(target))).toEqual(
    conditional.map(() => ['types', 'default']),
  )
})

test('package-lock.json names no download addresses', () => {
  const [lock] = readFiles(['package-lock.json'], ['.json'])
  expect(lock?.text.match(/"resolved": .*/g) ?? []).toEqual([])
})
