// Writes generated/<area>.ts, the TypeScript types of what contract/*/<area>.yaml says, and generated/<area>.json.
// With --check it writes nothing, and fails when a file is not what it would write.
import './lint.ts' // First: what follows trusts the contract.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { areas, channelsOf, read } from './index.ts'
import { type Described, described } from './operations.ts'
import { typesOf } from './types.ts'

const folder = new URL('./generated/', import.meta.url)

/** What is called otherwise from product to product: paths and channels, as data. */
function namesOf(area: string) {
  const operations = [...described()].filter(({ document }) => document === area)
  const channels = channelsOf(area)
  return {
    ...(operations.length > 0 && { operations: Object.fromEntries(operations.map(route)) }),
    ...(channels.length > 0 && { channels: Object.fromEntries(channels) }),
  }
}

function route({ method, path, description, parameters }: Described) {
  const [type] = Object.keys(description.requestBody?.content ?? {})
  const [query, headers] = (['query', 'header'] as const).map((place) =>
    parameters.filter((one) => one.in === place).map(({ name }) => name),
  )
  return [description.operationId, { method, path, query, headers, ...(type && { type }) }]
}

/** JSON with a line for each operation and channel. */
function lines(names: Record<string, Record<string, unknown>>): string {
  const objects = Object.entries(names).map(([kind, entries]) => {
    const own = Object.entries(entries).map(
      ([id, value]) => `    "${id}": ${JSON.stringify(value)}`,
    )
    return `  "${kind}": {\n${own.join(',\n')}\n  }`
  })
  return `{\n${objects.join(',\n')}\n}`
}

/** An area is all that stands in files of one name. */
const spoken = [...described()].map(({ document }) => document)
const heard = read('asyncapi').map(([document]) => document)
const all = new Set([...areas.keys(), ...spoken, ...heard])
const wanted = new Map<string, string>()
for (const area of all) {
  const names = namesOf(area)
  wanted.set(`${area}.ts`, typesOf(area, names))
  if (Object.keys(names).length > 0) wanted.set(`${area}.json`, `${lines(names)}\n`)
}

function written(file: string): string {
  try {
    return readFileSync(new URL(file, folder), 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return ''
  }
}

mkdirSync(folder, { recursive: true })
const stale = readdirSync(folder).filter((file) => !wanted.has(file))
const drifted = [...wanted].filter(([file, text]) => written(file) !== text).map(([file]) => file)

if (!process.argv.includes('--check')) {
  for (const file of stale) rmSync(new URL(file, folder))
  for (const file of drifted) writeFileSync(new URL(file, folder), wanted.get(file) ?? '')
} else if (stale.length + drifted.length > 0) {
  const files = [...drifted, ...stale].map((file) => `  contract/generated/${file}`)
  console.error(
    `These do not follow from the contract:\n${files.join('\n')}\nRun: npm run generate`,
  )
  process.exitCode = 1
}
