// The contract at run time: its YAML files are read as they are, so nothing can drift from them.
import { readdirSync, readFileSync } from 'node:fs'
import { Compile } from 'typebox/schema'
import { parse } from 'yaml'
import type { Issue } from './generated/common.ts'

export interface Schema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  oneOf?: Schema[]
  /** What keeps to the definition, and what does not. */
  examples?: unknown[]
  'x-invalid'?: unknown[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  description?: string
  [keyword: string]: unknown
}

/** Says what is wrong with a value; nothing when all is well. */
export type Check = (value: unknown) => Issue[]

/** The definitions of schemas/<area>.yaml, as they stand there. */
export const areas = new Map<string, Record<string, Schema>>(
  read<{ $defs: Record<string, Schema> }>('schemas').map(([area, { $defs }]) => [area, $defs]),
)

/** All definitions under one roof: each refers to another as #/$defs/NAME. */
const $defs: Record<string, Schema> = {}
for (const [area, definitions] of areas)
  for (const [name, schema] of Object.entries(definitions)) {
    if ($defs[name]) throw new Error(`contract: ${area} defines ${name} a second time`)
    $defs[name] = flat(schema)
  }
const events = Object.keys($defs).filter((name) => /.Event$/.test(name))
if ($defs.Event) $defs.Event = { oneOf: events.map((name) => ({ $ref: `#/$defs/${name}` })) }

/** The files of a folder, as pairs of name and content. */
export function read<Document>(folder: string): [name: string, document: Document][] {
  const at = new URL(`./${folder}/`, import.meta.url)
  const files = readdirSync(at).filter((file) => file.endsWith('.yaml'))
  return files
    .sort()
    .map((file) => [file.replace('.yaml', ''), parse(readFileSync(new URL(file, at), 'utf8'))])
}

/** The same with every reference to another file turned into one to #/$defs. */
export function flat<T>(node: T): T {
  if (Array.isArray(node)) return node.map(flat) as T
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).map(([key, value]) =>
    key === '$ref' ? [key, value.replace(/^\..+#/, '#')] : [key, flat(value)],
  )
  return Object.fromEntries(entries)
}

/** The check of a definition of the contract. */
export const checkOf = (name: string): Check => compile({ $ref: `#/$defs/${name}` })

/** Whether what we send is checked too: everywhere but in production, where it was tried before. */
export const checksAnswers = process.env.NODE_ENV !== 'production'

/** Throws when what is about to be sent is not what the contract promises. */
export type Promised = (value: unknown) => void

export const promise = (name: string): Promised => promised(name, { $ref: `#/$defs/${name}` })

/** For the events on channels whose address begins so, if asyncapi documents any. */
export function promiseOn(address: string): Promised | undefined {
  const documents = read<{ channels: Record<string, Addressed> }>('asyncapi')
  const channels = documents
    .flatMap(([, { channels }]) => Object.values(channels))
    .filter((channel) => channel.address.split('{')[0] === address)
  const variants = channels
    .flatMap(({ messages }) => Object.values(messages))
    .filter(({ payload }) => payload.$ref?.endsWith('Event'))
    .map(({ payload }) => flat(payload))
  return variants.length > 0 ? promised(`${address}: `, { oneOf: variants }) : undefined
}

interface Addressed {
  address: string
  messages: Record<string, { payload: Schema }>
}

function promised(name: string, schema: Schema): Promised {
  if (!checksAnswers) return () => {}
  const check = compile(schema)
  return (value) => {
    const [issue] = check(value)
    if (issue) throw new Error(`contract: ${name}${issue.path} ${issue.message}`)
  }
}

export function compile(schema: Schema): Check {
  const definition = schema.$ref ? $defs[schema.$ref.replace('#/$defs/', '')] : schema
  if (!definition) throw new Error(`contract: ${schema.$ref} leads nowhere`)
  if (definition.oneOf?.every(tagOf)) return compileUnion(definition.oneOf)
  const validator = Compile({ ...schema, $defs })
  return (value) => {
    if (validator.Check(value)) return []
    const [, errors] = validator.Errors(value)
    return errors.slice(0, 10).map(({ instancePath, message }) => ({ path: instancePath, message }))
  }
}

const tagOf = ({ $ref = '' }: Schema) =>
  $defs[$ref.replace('#/$defs/', '')]?.properties?.type?.const

/** By its tag first: a wrong message is explained by its own variant, not by all of them. */
function compileUnion(variants: Schema[]): Check {
  const checks = new Map(variants.map((variant) => [tagOf(variant), compile(variant)]))
  const tags = [...checks.keys()].join(', ')
  return (value) => {
    const check = checks.get((value as { type?: unknown } | null)?.type)
    return check ? check(value) : [{ path: '/type', message: `must be one of ${tags}` }]
  }
}

export interface Operation {
  method: string
  path: string
  parameters: Record<'path' | 'query' | 'header', Place>
  body: { type: string; check: Check; examples: unknown[]; invalid: unknown[] } | undefined
  /** Documented statuses, `default` among them: each content type with its check, if it is JSON. */
  answers: Map<string, Map<string, Check | undefined>>
}

interface Place {
  check: Check
  /** Which of its parameters are numbers. */
  numbers: string[]
  /** Examples of those that are required. */
  samples: Record<string, string>
}

interface Parameter {
  name: string
  example?: unknown
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}

type Content = Record<string, { schema: Schema }>

interface Document {
  paths: Record<string, Record<string, Description> & { parameters?: Parameter[] }>
}

interface Description {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** Every operation, by document and operationId. */
export const operations = new Map<string, Map<string, Operation>>()
for (const [name, raw] of read<unknown>('openapi')) {
  const own = new Map<string, Operation>()
  operations.set(name, own)
  const document = inline(raw, raw) as Document
  for (const [path, item] of Object.entries(document.paths))
    for (const method of methods) {
      const description = item[method]
      if (!description) continue
      const parameters = [...(item.parameters ?? []), ...(description.parameters ?? [])]
      own.set(description.operationId, prepare(method, path, description, parameters))
    }
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

function prepare(
  method: string,
  path: string,
  { requestBody, responses }: Description,
  parameters: Parameter[],
): Operation {
  const [body] = Object.entries(requestBody?.content ?? {})
  const checkOfType = ([type, { schema }]: [string, { schema: Schema }]) =>
    [type, /\Wjson$/.test(type) ? compile(schema) : undefined] as const
  const answers = Object.entries(responses).map(
    ([status, { content = {} }]) =>
      [status, new Map(Object.entries(content).map(checkOfType))] as const,
  )
  return {
    method: method.toUpperCase(),
    path,
    parameters: {
      path: checkOfParameters(parameters, 'path'),
      query: checkOfParameters(parameters, 'query'),
      header: checkOfParameters(parameters, 'header'),
    },
    body: body && { type: body[0], check: compile(body[1].schema), ...samples(body[1].schema) },
    answers: new Map(answers),
  }
}

function samples(schema: Schema) {
  const definition = $defs[schema.$ref?.split('/').pop() ?? ''] ?? schema
  const { examples = [], 'x-invalid': invalid = [] } = definition
  return { examples, invalid }
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

/** Unknown headers pass, for there are always more; an unknown query is a mistake. */
function checkOfParameters(all: Parameter[], place: Parameter['in']): Place {
  const own = all.filter((parameter) => parameter.in === place)
  return {
    numbers: own
      .filter(({ schema }) => schema.type === 'integer' || schema.type === 'number')
      .map(({ name }) => name),
    samples: Object.fromEntries(
      own.filter(({ required }) => required).map(({ name, example }) => [name, `${example}`]),
    ),
    check: compile({
      type: 'object',
      additionalProperties: place === 'header',
      properties: Object.fromEntries(own.map(({ name, schema }) => [name, schema])),
      required: own.filter(({ required }) => required).map(({ name }) => name),
    }),
  }
}
