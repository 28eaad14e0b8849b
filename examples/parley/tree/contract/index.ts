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
  /** Checks of the path, query and header parameters, and which of them are numbers. */
  parameters: Record<'path' | 'query' | 'header', { check: Check; numbers: string[] }>
  body: { type: string; check: Check } | undefined
  /** The check of an answer by its status. */
  answer(status: number): Check | undefined
}

interface Parameter {
  name: string
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

/** Every operation by its operationId. */
export const operations = new Map<string, Operation>()
for (const [, raw] of read<unknown>('openapi')) {
  const document = inline(raw, raw) as Document
  for (const [path, item] of Object.entries(document.paths))
    for (const method of methods) {
      const description = item[method]
      if (!description) continue
      const parameters = [...(item.parameters ?? []), ...(description.parameters ?? [])]
      operations.set(description.operationId, prepare(method, path, description, parameters))
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
  const answers = new Map<string, Check>()
  for (const [status, { content = {} }] of Object.entries(responses))
    for (const [type, { schema }] of Object.entries(content))
      if (/json$/.test(type) && !/ndjson/.test(type)) answers.set(status, compile(schema))
  return {
    method: method.toUpperCase(),
    path,
    parameters: {
      path: checkOfParameters(parameters, 'path'),
      query: checkOfParameters(parameters, 'query'),
      header: checkOfParameters(parameters, 'header'),
    },
    body: body && { type: body[0], check: compile(body[1].schema) },
    answer: (status) => answers.get(`${status}`) ?? answers.get('default'),
  }
}

/** Unknown headers pass, for there are always more; an unknown query is a mistake. */
function checkOfParameters(all: Parameter[], place: Parameter['in']) {
  const own = all.filter((parameter) => parameter.in === place)
  return {
    numbers: own
      .filter(({ schema }) => schema.type === 'integer' || schema.type === 'number')
      .map(({ name }) => name),
    check: compile({
      type: 'object',
      additionalProperties: place === 'header',
      properties: Object.fromEntries(own.map(({ name, schema }) => [name, schema])),
      required: own.filter(({ required }) => required).map(({ name }) => name),
    }),
  }
}
