// The operations of openapi/*.yaml, ready to be served.
import { type Check, compile, flat, read, type Schema } from './index.ts'

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
      path: checkOf(parameters, 'path'),
      query: checkOf(parameters, 'query'),
      header: checkOf(parameters, 'header'),
    },
    body: body && { type: body[0], check: compile(body[1].schema) },
    answer: (status) => answers.get(`${status}`) ?? answers.get('default'),
  }
}

/** Unknown headers pass, for there are always more; an unknown query is a mistake. */
function checkOf(all: Parameter[], place: Parameter['in']) {
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
