// The operations of contract/openapi at run time: what each takes, and what it may answer.
import { type Check, compile, definitionOf, flat, read, type Schema } from './index.ts'

export interface Operation {
  id: string
  /** The file that describes it. */
  document: string
  method: string
  path: string
  /** Whether the caller has to bring the service token. */
  secured: boolean
  /** Whether its answer has no end. */
  endless: boolean
  parameters: Record<Place, Parameters>
  body: { type: string; check: Check; examples: unknown[]; invalid: unknown[] } | undefined
  /** Documented statuses, `default` among them: each content type with its check, if it is JSON. */
  answers: Map<string, Map<string, Check | undefined>>
}

export interface Parameters {
  check: Check
  names: string[]
  /** Which of them are numbers, or lists of them. */
  numbers: string[]
  /** Which of them may come more than once. */
  lists: string[]
  /** What those have that are left out. */
  defaults: Record<string, unknown>
  /** Examples of those that are required. */
  samples: Record<string, string>
}

export type Place = 'path' | 'query' | 'header'

export interface Parameter {
  name: string
  example?: unknown
  in: Place
  required?: boolean
  schema: Schema
}

type Content = Record<string, { schema: Schema }>

export interface Description {
  operationId: string
  summary?: string
  'x-endless'?: boolean
  security?: unknown[]
  parameters?: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}

interface Document {
  security?: unknown[]
  paths: Record<string, Record<string, Description> & { parameters?: Parameter[] }>
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** Every operation as it is described, with the parameters of its path. */
export function* described(): Generator<Described> {
  for (const [document, raw] of read<unknown>('openapi')) {
    const { paths, security = [] } = inline(raw, raw) as Document
    for (const [path, item] of Object.entries(paths))
      for (const name of METHODS) {
        const description = item[name]
        if (!description) continue
        const parameters = [...(item.parameters ?? []), ...(description.parameters ?? [])]
        const secured = (description.security ?? security).length > 0
        const method = name.toUpperCase()
        yield { document, method, path, secured, description, parameters }
      }
  }
}

export interface Described extends Pick<Operation, 'document' | 'method' | 'path' | 'secured'> {
  description: Description
  parameters: Parameter[]
}

/** Every operation by its operationId, which is unique in the whole contract. */
export const operations = new Map<string, Operation>()
for (const one of described()) {
  const id = one.description.operationId
  if (operations.has(id)) throw new Error(`contract: ${one.document} has a second operation ${id}`)
  operations.set(id, prepare(one))
}

/** The document with its own components put in place. */
function inline(node: unknown, document: unknown): unknown {
  if (Array.isArray(node)) return node.map((part) => inline(part, document))
  if (typeof node !== 'object' || node === null) return node
  const { $ref } = node as { $ref?: string }
  if (!$ref?.startsWith('#/'))
    return $ref
      ? flat(node)
      : Object.fromEntries(Object.entries(node).map(([key, part]) => [key, inline(part, document)]))
  const target = $ref
    .slice(2)
    .split('/')
    .reduce((at, key) => (at as Record<string, unknown>)?.[key], document)
  if (target === undefined) throw new Error(`contract: ${$ref} leads nowhere`)
  return inline(target, document)
}

function prepare({ description, parameters, ...one }: Described): Operation {
  const [body] = Object.entries(description.requestBody?.content ?? {})
  const checkOfType = ([type, { schema }]: [string, { schema: Schema }]) =>
    [type, /\Wjson$/.test(type) ? compile(schema) : undefined] as const
  const answers = Object.entries(description.responses).map(
    ([status, { content = {} }]) =>
      [status, new Map(Object.entries(content).map(checkOfType))] as const,
  )
  return {
    ...one,
    id: description.operationId,
    endless: description['x-endless'] ?? false,
    parameters: {
      path: parametersIn('path', parameters),
      query: parametersIn('query', parameters),
      header: parametersIn('header', parameters),
    },
    body: body && { type: body[0], check: compile(body[1].schema), ...samples(body[1].schema) },
    answers: new Map(answers),
  }
}

function samples(schema: Schema) {
  const { examples = [], 'x-invalid': invalid = [] } = definitionOf(schema)
  return { examples, invalid }
}

/** Unknown headers pass, for there are always more; an unknown query is a mistake. */
function parametersIn(place: Place, all: Parameter[]): Parameters {
  const own = all.filter((parameter) => parameter.in === place)
  const required = own.filter((parameter) => parameter.required)
  const numeric = own.filter(({ schema }) => isNumber(schema.items ?? schema))
  const lists = own.filter(({ schema }) => schema.type === 'array')
  const optional = own.filter(({ schema }) => 'default' in schema)
  return {
    names: own.map(({ name }) => name),
    numbers: numeric.map(({ name }) => name),
    lists: lists.map(({ name }) => name),
    defaults: Object.fromEntries(optional.map(({ name, schema }) => [name, schema.default])),
    samples: Object.fromEntries(required.map(({ name, example }) => [name, `${example}`])),
    check: compile({
      type: 'object',
      additionalProperties: place === 'header',
      properties: Object.fromEntries(own.map(({ name, schema }) => [name, schema])),
      required: required.map(({ name }) => name),
    }),
  }
}

function isNumber({ type }: Schema): boolean {
  return type === 'integer' || type === 'number'
}

/** What is wrong with an answer: its status, its content type, or its body. */
export function faultOf(operation: Operation, status: number, type: string, body: string): string {
  const types = operation.answers.get(`${status}`) ?? operation.answers.get('default')
  const at = `contract: ${operation.method} ${operation.path} ${status}`
  if (!types) return `${at} is not documented`
  if (types.size === 0) return body ? `${at} has no body` : ''
  const mime = type.split(';')[0] ?? ''
  if (!types.has(mime)) return `${at} is not ${mime || 'without a type'}`
  const [issue] = types.get(mime)?.(JSON.parse(body)) ?? []
  return issue ? `${at} ${issue.path} ${issue.message}` : ''
}
