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
