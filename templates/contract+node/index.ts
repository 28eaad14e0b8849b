// The contract at run time: its YAML files are read as they are, so nothing can drift from them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Compile } from 'typebox/schema'
import { parse } from 'yaml'
import type { Definitions, Issue } from './generated/common.ts'

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

/** The files of a folder, if there is one, as pairs of name and content. */
export function read<Document>(folder: string): [name: string, document: Document][] {
  const at = new URL(`./${folder}/`, import.meta.url)
  const files = (existsSync(at) ? readdirSync(at) : []).filter((file) => file.endsWith('.yaml'))
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
export const checkOf = (name: keyof Definitions): Check => compile({ $ref: `#/$defs/${name}` })

/** The same as a guard: what passes has the definition's type. */
export function guardOf<Name extends keyof Definitions>(name: Name) {
  const check = checkOf(name)
  return (value: unknown): value is Definitions[Name] => check(value).length === 0
}

/** What stands where a definition is referred to. */
export const definitionOf = (schema: Schema): Schema =>
  $defs[schema.$ref?.split('/').pop() ?? ''] ?? schema

/** Whether what we send is checked too: everywhere but in production, where it was tried before. */
export const checksAnswers = process.env.NODE_ENV !== 'production'

/** Throws when what is about to be sent is not what the contract promises. */
export type Promised = (value: unknown) => void

export const promise = (name: keyof Definitions): Promised =>
  promised(name, { $ref: `#/$defs/${name}` })

interface Channel {
  address: string
  messages: Record<string, { payload: Schema }>
}

const documents = new Map(read<{ channels: Record<string, Channel> }>('asyncapi'))
const channels = [...documents.values()].flatMap((document) => Object.entries(document.channels))

/** The channels of asyncapi/<area>.yaml, each with its address. */
export const channelsOf = (area: string) =>
  Object.entries(documents.get(area)?.channels ?? {}).map(([name, { address }]) => [name, address])

/** The tags of a union's variants, or of all messages that asyncapi/<area>.yaml documents. */
export const tagsOf = (name: keyof Definitions): unknown[] =>
  ($defs[name]?.oneOf ?? []).map(tagOf).sort()
export const eventsOf = (area: string): unknown[] =>
  Object.values(documents.get(area)?.channels ?? {})
    .flatMap(({ messages }) => Object.values(messages))
    .map(({ payload }) => tagOf(flat(payload)))
    .sort()

/** The address of a channel of asyncapi/, up to its first parameter. */
export function addressOf(name: string): string {
  const [, channel] = channels.find(([key]) => key === name) ?? []
  if (!channel) throw new Error(`contract/asyncapi has no channel ${name}`)
  return channel.address.split('{')[0] ?? ''
}

/** For the events on channels whose address begins so, if asyncapi documents any. */
export function promiseOn(address: string): Promised | undefined {
  const variants = channels
    .filter(([name]) => addressOf(name) === address)
    .flatMap(([, { messages }]) => Object.values(messages))
    .filter(({ payload }) => payload.$ref?.endsWith('Event'))
    .map(({ payload }) => flat(payload))
  return variants.length > 0 ? promised(`${address}: `, { oneOf: variants }) : undefined
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
