// Writes generated/<area>.ts, the TypeScript types of what contract/*/<area>.yaml says, and generated/<area>.json.
// With --check it writes nothing, and fails when a file is not what it would write.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { areas, channelsOf } from './index.ts'
import { type Described, described } from './operations.ts'
import { typesOf } from './types.ts'

/** The profile: the keywords that every tool here, in both languages, takes for the same. */
const PROFILE: Record<string, string[]> = {
  // The type is always said, for without it a keyword of another type passes in silence.
  any: ['type', 'description', 'const', 'enum', 'examples', 'x-invalid'],
  string: ['format', 'pattern', 'minLength', 'maxLength'],
  number: ['minimum', 'maximum'],
  integer: ['minimum', 'maximum'],
  boolean: [],
  null: [],
  array: ['items', 'minItems', 'maxItems'],
  // Whether an object may hold more is always said: the languages assume different things.
  object: ['properties', 'required', 'additionalProperties', 'x-union'],
}
/** Formats that Node and Python judge alike. */
const FORMATS = ['date-time', 'uuid']

/** What lies outside the profile, with file and line. */
function lint(area: string): string[] {
  const lines = new LineCounter()
  const file = `schemas/${area}.yaml`
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  const document = parseDocument(text, { lineCounter: lines })
  const faults: string[] = []
  const fault = (at: unknown, what: string) => {
    const { line } = lines.linePos((at as Node | null)?.range?.[0] ?? 0)
    faults.push(`contract/${file}:${line}: ${what}`)
  }

  function visit(node: unknown): void {
    if (!isMap(node)) fault(node, 'a schema is a map')
    else if (node.has('oneOf')) union(node)
    else if (!node.has('$ref')) typed(node)
    else if (node.items.length > 1) fault(node, 'beside $ref stands nothing: some would ignore it')
  }

  function typed(node: YAMLMap): void {
    const named = node.get('type', true)
    const [type = '', second = 'null', ...more] = isSeq(named)
      ? named.items.map(String)
      : [`${named ?? ''}`]
    if (second !== 'null' || more.length > 0)
      fault(named, 'two types are a type and null, in this order: [string, null]')
    const own = PROFILE[type]
    if (!own || type === 'any')
      fault(node, `type is one of ${Object.keys(PROFILE).slice(1).join(', ')}`)
    else
      for (const { key } of node.items)
        if (![...own, ...(PROFILE.any ?? [])].includes(`${key}`))
          fault(key, `${key} is not in the profile of ${type} (see contract/generate.ts)`)
    const format = node.get('format', true)
    if (isScalar(format) && !FORMATS.includes(`${format.value}`))
      fault(format, `format is one of ${FORMATS.join(', ')}`)
    if (type === 'array' && !node.has('items')) fault(node, 'items is always said')
    else if (type === 'array') visit(node.get('items', true))
    if (type === 'object') object(node)
  }

  /** A value is told from the others by its tag, so that one wrong message is explained by its own variant. */
  function union(node: YAMLMap): void {
    const variants = node.get('oneOf', true)
    for (const variant of isSeq(variants) ? variants.items : [variants]) {
      const $ref = isMap(variant) ? `${variant.get('$ref') ?? ''}` : ''
      const [, from = '', name = ''] = $ref.match(/^(?:\.\/(.+)\.yaml)?#\/\$defs\/(.+)$/) ?? []
      const { properties, required } = areas.get(from || area)?.[name] ?? {}
      if (typeof properties?.type?.const !== 'string' || !required?.includes('type'))
        fault(variant, 'a variant of oneOf is a $ref to an object that requires a constant `type`')
    }
  }

  function object(node: YAMLMap): void {
    if (!node.has('additionalProperties')) fault(node, 'additionalProperties is always said')
    const rest = node.get('additionalProperties', true)
    if (isMap(rest)) visit(rest)
    const properties = node.get('properties', true)
    const names = isMap(properties) ? properties.items.map(({ key }) => `${key}`) : []
    if (isMap(properties)) for (const { value } of properties.items) visit(value)
    const required = node.get('required', true)
    for (const name of isSeq(required) ? required.items : [])
      if (!names.includes(`${name}`)) fault(name, `${name} is required and not described`)
  }

  const definitions = document.get('$defs', true)
  if (isMap(definitions)) for (const { value } of definitions.items) visit(value)
  return faults
}

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

const faults = [...areas.keys()].flatMap(lint)
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}

/** An area is all that stands in files of one name. */
const all = new Set([...areas.keys(), ...[...described()].map(({ document }) => document)])
const wanted = new Map<string, string>()
for (const area of all) {
  const names = namesOf(area)
  wanted.set(`${area}.ts`, typesOf(area, names))
  if (Object.keys(names).length > 0) wanted.set(`${area}.json`, `${lines(names)}\n`)
}

function read(file: string): string {
  try {
    return readFileSync(new URL(file, folder), 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return ''
  }
}

mkdirSync(folder, { recursive: true })
const stale = readdirSync(folder).filter((file) => !wanted.has(file))
const drifted = [...wanted].filter(([file, text]) => read(file) !== text).map(([file]) => file)

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
