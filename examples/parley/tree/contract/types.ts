// The TypeScript of one area: the types of its definitions, and what its operations take and answer.
import { areas, type Schema } from './index.ts'
import { type Described, described, type Parameter } from './operations.ts'

type Names = Map<string, Set<string>>

/** Types of other areas are imported, so areas come and go as whole files. */
export function typesOf(area: string, names: { operations?: object; channels?: object }): string {
  const definitions = areas.get(area) ?? {}
  const imports: Names = new Map()
  const own = [...described()].filter(({ document }) => document === area)

  function declare(name: string, schema: Schema): string {
    const union = schema['x-union'] && EVENTS
    if (union) imports.set('common', new Set(['Definitions']))
    const kind = schema.properties && !union ? `interface ${name}` : `type ${name} =`
    return `${comment(schema)}export ${kind} ${union || type(schema)}\n`
  }

  function reference($ref: string): string {
    const [, from = '', name = ''] =
      $ref.match(/^(?:\.\.?\/(?:schemas\/)?(.+)\.yaml)?#\/\$defs\/(.+)$/) ?? []
    const home = from || [...areas].find(([, known]) => known[name])?.[0] || ''
    if (!areas.get(home)?.[name]) throw new Error(`${area}: ${$ref} leads nowhere`)
    if (home !== area) imports.set(home, (imports.get(home) ?? new Set()).add(name))
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
    throw new Error(`${area}: teach types.ts what to write for ${JSON.stringify(schema)}`)
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

  function operation({ description, parameters }: Described): string {
    const { operationId, summary, requestBody, responses } = description
    const optional = parameters.filter(({ schema }) => 'default' in schema)
    const input = parameters.map((one) => `${quoted(one.name)}${mark(one)}: ${type(one.schema)}`)
    const [body] = Object.entries(requestBody?.content ?? {}) // of several forms clients send the first
    if (body) input.push(`body: ${JSON_TYPE.test(body[0]) ? type(body[1].schema) : 'BodyInit'}`)
    const answers = Object.entries(responses)
      .filter(([status]) => /^2/.test(status))
      .map(([, { content = {} }]) => Object.entries(content)[0])
      .map((one) => (one ? (JSON_TYPE.test(one[0]) ? type(one[1].schema) : 'Response') : 'void'))
    return [
      comment({ description: summary ?? '' }, '  '),
      `  ${operationId}: {\n`,
      `    input: ${input.length > 0 ? `{ ${input.join('; ')} }` : 'Record<never, never>'}\n`,
      `    answer: ${answers.join(' | ')}\n`,
      `    defaults: ${optional.map(({ name }) => literal(name)).join(' | ') || 'never'}\n`,
      '  }\n',
    ].join('')
  }

  const types = Object.entries(definitions).map(([name, schema]) => declare(name, schema))
  const operations = own.map(operation).join('')
  const constants = ['operations', 'channels'].filter((name) => name in names).join(', ')
  return [
    `// Generated from contract/*/${area}.yaml by \`npm run generate\`. Do not edit.\n`,
    importing(imports, constants && area),
    ...types,
    operations && `${OPERATIONS}export interface Operations {\n${operations}}\n`,
    constants && `export const { ${constants} } = names\n`,
    register(area, Object.keys(definitions), operations !== ''),
  ]
    .filter(Boolean)
    .join('\n')
}

const JSON_TYPE = /\Wjson$/
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is a type
const EVENTS = "Definitions[Exclude<Extract<keyof Definitions, `${string}Event`>, 'Event'>]"
const OPERATIONS =
  '/** What each operation takes and answers; `defaults` are filled in by who serves it. */\n'

const mark = ({ required }: Parameter) => (required ? '' : '?')
const quoted = (name: string) => (/^\w+$/.test(name) ? name : `'${name}'`)

const literal = (value: unknown) =>
  typeof value === 'string' ? `'${value.replace(/['\\]/g, '\\$&')}'` : JSON.stringify(value)

const comment = ({ description }: Schema, indent = '') =>
  description ? `${indent}/** ${description.trim().replaceAll('*/', '* /')} */\n` : ''

function importing(imports: Names, wire: string): string {
  const types = [...imports].sort().map(([from, names]) => {
    return `import type { ${[...names].sort().join(', ')} } from './${from}.ts'\n`
  })
  const names = wire && `import names from './${wire}.json' with { type: 'json' }\n`
  return [...types, names].join('')
}

/** Adds what the area has to what all areas have, which common.ts holds. */
function register(area: string, names: string[], operations: boolean): string {
  const own = names.map((name) => `${name}: ${name}\n`)
  if (area === 'common')
    return [
      `/** Every definition by its name; each area adds its own. */`,
      `export interface Definitions {\n${own.map((line) => `  ${line}`).join('')}}\n`,
      `/** Every operation by its name; each area adds its own. */`,
      `export interface AllOperations {}\n`,
    ].join('\n')
  const definitions = own.length > 0 && [
    '  interface Definitions {\n',
    ...own.map((line) => `    ${line}`),
    '  }\n',
  ]
  const all = operations && ['  interface AllOperations extends Operations {}\n']
  const lines = [...(definitions || []), ...(all || [])]
  return `declare module './common.ts' {\n${lines.join('')}}\n`
}
