// Holds contract/ to PROFILE.md; every fault is told with file and line. Takes nothing from index.ts, which trusts it.
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

/** The table of PROFILE.md. */
const profile: Record<string, string[]> = {}
for (const line of read('PROFILE.md').split('\n')) {
  const [, of, allowed = ''] = line.match(/^\| `(.+?)` \|(.*?)\|/) ?? []
  if (of) profile[of] = [...allowed.matchAll(/`(.+?)`/g)].map(([, word = '']) => word)
}
const { any = [], parameter = [], type: types = [], format: formats = [] } = profile

/** Unquoted, these are one thing to Python (YAML 1.1) and another to Node (YAML 1.2). */
const AMBIGUOUS =
  /^(yes|no|on|off|[-+]?(0[ob]?\d+|[\d_.]+e\d+|\d+[_:][\d_:.]+)|\d{4}-\d\d?-\d\d?([t ].*)?)$/i
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
const SAMPLES = ['example', 'examples', 'x-invalid']

const lines = new Map<string, LineCounter>()
const roots = new Map(
  globSync('*/*.yaml', { cwd: import.meta.dirname })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .map((file) => {
      const lineCounter = new LineCounter()
      lines.set(file, lineCounter)
      return [file, parseDocument(read(file), { lineCounter, uniqueKeys: false })]
    }),
)

const items = (node: unknown) => (isSeq(node) ? node.items : [])
const pairs = (node: unknown) => (isMap(node) ? node.items : [])
const get = (node: unknown, key: string) => (isMap(node) ? node.get(key, true) : undefined)
const text = (node: unknown) => (isScalar(node) && typeof node.value === 'string' ? node.value : '')

/** Where a node begins; a map begins with its first key. */
function start(node: unknown): number {
  const [first = items(node)[0]] = pairs(node).map(({ key }) => key)
  return first ? start(first) : ((node as Node | undefined)?.range?.[0] ?? 0)
}

/** What a reference leads to. */
function target(file: string, $ref: string): unknown {
  const [, from, path = ''] = /^(\.[^#]+)?#\/(.+)$/.exec($ref) ?? []
  const keys = path.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  return roots.get(from ? posix.join(file, '..', from) : file)?.getIn(keys, true)
}

function lint(file: string): string[] {
  const faults: [line: number, what: string][] = []
  const fault = (at: unknown, what: string) =>
    faults.push([lines.get(file)?.linePos(start(at)).line ?? 0, what])

  /** What holds for everything that stands in a file. */
  function walk(node: unknown, sample: boolean): void {
    for (const item of items(node)) walk(item, sample)
    if (isScalar(node) && node.type === 'PLAIN' && AMBIGUOUS.test(node.source ?? ''))
      fault(node, `${node.source} is quoted: Node and Python read it differently`)
    const keys = new Set<string>()
    for (const { key, value } of pairs(node)) {
      if (keys.has(`${key}`)) fault(key, `${key} stands twice`)
      keys.add(`${key}`)
      walk(key, sample)
      walk(value, sample || SAMPLES.includes(`${key}`))
    }
    if (sample) return
    const $ref = text(get(node, '$ref'))
    if ($ref && !target(file, $ref)) fault(node, `${$ref} leads nowhere`)
    const inline = get(node, 'schema') ?? get(node, 'payload')
    if (!inline || file.startsWith('schemas/')) return
    visit(inline, keys.has('in') ? parameter : [])
    if (`${get(node, 'required')}` === 'true' && get(inline, 'default'))
      fault(inline, 'what is required has no default')
  }

  function operations(paths: unknown): void {
    const ids = new Set<string>()
    for (const { key, value } of pairs(paths).flatMap((path) => pairs(path.value))) {
      if (!METHODS.includes(`${key}`)) continue
      const id = get(value, 'operationId')
      if (!id || ids.has(text(id)))
        fault(id ?? key, 'every operation has an operationId of its own')
      ids.add(text(id))
    }
  }

  function visit(node: unknown, more: string[] = []): void {
    if (!isMap(node)) return void fault(node, 'a schema is a map')
    const [kind = ''] = ['$ref', 'oneOf'].filter((key) => node.has(key))
    const type = kind || typeOf(node)
    const allowed = [...(profile[type] ?? []), ...(kind ? [] : [...any, ...more])]
    for (const { key } of type ? node.items : [])
      if (!allowed.includes(`${key}`))
        fault(key, `${key} is not in the profile of ${type} (see contract/PROFILE.md)`)
    if (kind === 'oneOf') union(node)
    if (type === 'array' && !node.has('items')) fault(node, 'items is always said')
    else if (type === 'array') visit(get(node, 'items'))
    if (type === 'object') object(node)
    const format = get(node, 'format')
    if (format && !formats.includes(`${format}`))
      fault(format, `format is one of ${formats.join(', ')}`)
  }

  function typeOf(node: YAMLMap): string {
    const said = get(node, 'type')
    const [type = '', second = 'null', ...more] = isSeq(said) ? said.items.map(text) : [text(said)]
    if (second !== 'null' || more.length > 0)
      fault(said, "two types are a type and null, in this order: [string, 'null']")
    if (types.includes(type)) return type
    fault(node, `type is one of ${types.join(', ')}`)
    return ''
  }

  function union(node: YAMLMap): void {
    for (const variant of items(get(node, 'oneOf'))) {
      const found = target(file, text(get(variant, '$ref')))
      const tag = get(get(get(found, 'properties'), 'type'), 'const')
      if (!text(tag) || !items(get(found, 'required')).map(text).includes('type'))
        fault(variant, 'a variant of oneOf is a $ref to an object that requires a constant `type`')
    }
  }

  function object(node: YAMLMap): void {
    const rest = get(node, 'additionalProperties')
    if (!rest) fault(node, 'additionalProperties is always said')
    if (isMap(rest)) visit(rest)
    const properties = pairs(get(node, 'properties'))
    const names = properties.map(({ key }) => `${key}`)
    for (const { value } of properties) visit(value)
    for (const name of items(get(node, 'required')))
      if (!names.includes(`${name}`)) fault(name, `${name} is required and not described`)
  }

  const root = roots.get(file)?.contents
  walk(root, false)
  operations(get(root, 'paths'))
  for (const { value } of pairs(get(root, '$defs'))) visit(value)
  faults.sort(([one, a], [other, b]) => one - other || (a < b ? -1 : 1))
  return faults.map(([line, what]) => `contract/${file}:${line}: ${what}`)
}

const faults = new Set([...roots.keys()].flatMap(lint))
if (faults.size > 0) {
  console.error([...faults].join('\n'))
  process.exit(1)
}
