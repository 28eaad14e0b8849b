// Writes generated/<area>.ts: the TypeScript types of schemas/<area>.yaml.
// With --check it writes nothing, and fails when a file is not what it would write.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { areas, type Schema } from './index.ts'

const folder = new URL('./generated/', import.meta.url)

/** The types of one area. Types of other areas are imported, so areas come and go as whole files. */
function write(area: string, definitions: Record<string, Schema>): string {
  const imports = new Map<string, Set<string>>()
  const events = Object.keys(definitions).filter((name) => /.Event$/.test(name))

  function reference($ref: string): string {
    const [, from = '', name = ''] = $ref.match(/^(?:\.\/(.+)\.yaml)?#\/\$defs\/(.+)$/) ?? []
    if (!areas.get(from || area)?.[name]) throw new Error(`${area}: ${$ref} leads nowhere`)
    if (from) imports.set(from, (imports.get(from) ?? new Set()).add(name))
    return name
  }

  function type(schema: Schema): string {
    if (schema.$ref) return reference(schema.$ref)
    if ('const' in schema) return literal(schema.const)
    if (schema.enum) return schema.enum.map(literal).join(' | ')
    if (schema.oneOf) return schema.oneOf.map(type).join(' | ')
    if (Array.isArray(schema.type))
      return schema.type.map((one) => type({ ...schema, type: one })).join(' | ')
    switch (schema.type) {
      case 'object':
        return schema.properties ? fields(schema) : `Record<string, ${values(schema)}>`
      case 'array':
        return `Array<${type(schema.items ?? {})}>`
      case 'integer':
        return 'number'
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
        return schema.type
    }
    throw new Error(`${area}: teach generate.ts what to write for ${JSON.stringify(schema)}`)
  }

  const values = ({ additionalProperties: rest }: Schema) =>
    typeof rest === 'object' ? type(rest) : 'unknown'

  function fields({ properties = {}, required = [] }: Schema): string {
    const lines = Object.entries(properties).map(([name, schema]) => {
      const mark = required.includes(name) ? '' : '?'
      return `${comment(schema, '  ')}  ${name}${mark}: ${type(schema)}\n`
    })
    return `{\n${lines.join('')}}`
  }

  const types = Object.entries(definitions).map(([name, schema]) => {
    const union = schema['x-union'] && 'Events[keyof Events]'
    const kind = schema.properties && !union ? `interface ${name}` : `type ${name} =`
    return `${comment(schema)}export ${kind} ${union || type(schema)}\n`
  })
  return [
    `// Generated from schemas/${area}.yaml by \`npm run generate\`. Do not edit.\n`,
    [...imports].map(([from, names]) => importing(from, names)).join(''),
    ...types,
    definitions.Event ? socket : '',
    events.length > 0 ? plug(events) : '',
  ]
    .filter(Boolean)
    .join('\n')
}

const importing = (from: string, names: Set<string>) =>
  `import type { ${[...names].sort().join(', ')} } from './${from}.ts'\n`

const literal = (value: unknown) =>
  typeof value === 'string' ? `'${value.replace(/['\\]/g, '\\$&')}'` : JSON.stringify(value)

const comment = ({ description }: Schema, indent = '') =>
  description ? `${indent}/** ${description.trim()} */\n` : ''

const socket = `/** The events of all areas in use; each area adds its own. */
export interface Events {}
`

const plug = (events: string[]) => `declare module './realtime.ts' {
  interface Events {
${events.map((name) => `    ${name}: ${name}\n`).join('')}  }
}
`

function read(file: string): string {
  try {
    return readFileSync(new URL(file, folder), 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return ''
  }
}

mkdirSync(folder, { recursive: true })
const wanted = new Map(
  [...areas].map(([area, definitions]) => [`${area}.ts`, write(area, definitions)]),
)
const stale = readdirSync(folder).filter((file) => !wanted.has(file))
const drifted = [...wanted].filter(([file, text]) => read(file) !== text).map(([file]) => file)

if (!process.argv.includes('--check')) {
  for (const file of stale) rmSync(new URL(file, folder))
  for (const file of drifted) writeFileSync(new URL(file, folder), wanted.get(file) ?? '')
} else if (stale.length + drifted.length > 0) {
  const files = [...drifted, ...stale].map((file) => `  contract/generated/${file}`)
  console.error(
    `These do not follow from contract/schemas:\n${files.join('\n')}\nRun: npm run generate`,
  )
  process.exitCode = 1
}
