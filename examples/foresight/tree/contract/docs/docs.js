// The contract as a page: a card for each operation, channel and definition, a line for each in the contents, and a
// filter over both. Whatever the contract says is text to the browser: nothing is parsed as HTML.

const given = await fetch('contract.json')
const contract = given.ok ? await given.json() : { openapi: {}, asyncapi: {}, schemas: {} }

/** All definitions; their names are unique in the whole contract. */
const schemas = Object.assign({}, ...Object.values(contract.schemas))
const events = Object.keys(schemas).filter((name) => /.Event$/.test(name))
for (const schema of Object.values(schemas))
  if (schema['x-union']) schema.oneOf = events.map((name) => ({ $ref: `#/$defs/${name}` }))
const nameOf = (schema) => schema.$ref?.split('/').pop()
const definitionOf = (schema) => schemas[nameOf(schema)] ?? schema

/** An element, `tag.class`, and what it holds: elements, texts, lists of them; what is not there is left out. */
function h(tag, ...children) {
  const [name, ...classes] = tag.split('.')
  const element = document.createElement(name)
  if (classes.length > 0) element.className = classes.join(' ')
  element.append(...children.flat(9).filter(Boolean))
  return element
}

const link = (id, ...text) => Object.assign(h('a', text), { href: `#${encodeURIComponent(id)}` })
/** Every second part stands out. */
const marked = (mark, parts) => parts.map((part, at) => (at % 2 ? h(mark, part) : part))
const prose = (text) => text && h('p.quiet', marked('code', text.split('`')))
const row = (name, hint, ...told) => [h('dt', h('code', name), h('small', hint)), h('dd', told)]
const titled = (title, rows) => rows.length > 0 && [h('h4', title), h('dl', rows)]

/** In one line when that is short. */
function json(value) {
  const long = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  const short = long.replace(/\n\s*/g, ' ')
  return h('pre', marked('b', (short.length > 52 ? long : short).split(/("(?:[^"\\]|\\.)*"(?=:))/)))
}

const either = (parts) => parts.flatMap((part, at) => (at ? [' or ', part] : [part]))
const literal = (value) => h('code', JSON.stringify(value))

/** What a value may be, in a few words; each definition is a link. */
function type(schema) {
  const { oneOf, items, additionalProperties: values, format } = schema
  const name = nameOf(schema)
  if (name) return schemas[name] ? link(name, name) : name
  if (oneOf) return either(oneOf.map(type))
  if ('const' in schema) return literal(schema.const)
  if (schema.enum) return either(schema.enum.map(literal))
  if (items) return ['array of ', type(items)]
  if (typeof values === 'object') return ['object of ', type(values)]
  return [[schema.type ?? 'anything'].flat().join(' or '), format && ` (${format})`]
}

/** Keywords that are told in words; any other is shown as it stands. */
const TOLD =
  /^(\$ref|type|format|const|enum|oneOf|items|properties|required|additionalProperties|title|description|examples?|m(in|ax)(imum|Length|Items)|pattern|default|x-.*)$/

function limits(schema) {
  const span = (low, high, unit = '') => {
    if (low === undefined) return high !== undefined && `up to ${high}${unit}`
    return high === undefined ? `from ${low}${unit}` : `${low} to ${high}${unit}`
  }
  const others = Object.keys(schema).filter((key) => !TOLD.test(key))
  const all = [
    span(schema.minimum, schema.maximum),
    span(schema.minLength, schema.maxLength, ' characters'),
    span(schema.minItems, schema.maxItems, ' items'),
    schema.pattern,
    'default' in schema && `${JSON.stringify(schema.default)} when left out`,
    schema.additionalProperties === true && 'any further properties',
    ...others.map((key) => `${key} ${JSON.stringify(schema[key])}`),
  ]
  return all.filter(Boolean).map((limit) => h('span.limit', limit))
}

/** A schema in place: its type and limits, what it is, and its properties, each shown likewise. */
const shown = (schema, hint, description = schema.description) => [
  h('p.line', h('span.type', type(schema)), limits(schema), hint && h('small', hint)),
  prose(description),
  propertiesOf(schema),
]

function propertiesOf({ properties = {}, required = [], items }) {
  if (items) return propertiesOf(items)
  const rows = Object.entries(properties).map(([name, schema]) =>
    row(name, required.includes(name) ? '' : 'optional', shown(schema)),
  )
  return rows.length > 0 && h('dl', rows)
}

/** Bodies as they may look, where the contract has examples. */
const samples = (title, content = {}) =>
  Object.values(content).map(({ schema = BYTES }) => {
    const found = sample(schema)
    return found !== undefined && [h('h4', title), json(found)]
  })

function sample(schema) {
  const { examples: [first] = [], items } = definitionOf(schema)
  const inner = first === undefined && items ? sample(items) : undefined
  return inner === undefined ? first : [inner]
}

/** Of a content without a schema. */
const BYTES = { type: 'bytes' }
const METHODS = ['get', 'post', 'put', 'patch', 'delete']

const operationsOf = (name, whole) =>
  Object.entries(whole.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => operation(name, whole, path, method)),
  )

function operation(name, whole, path, method) {
  const { [method]: told, parameters: common = [] } = whole.paths[path]
  /** What stands once for the whole document is looked up there. */
  const own = (node) =>
    node.$ref?.startsWith('#/')
      ? node.$ref
          .split('/')
          .slice(1)
          .reduce((at, key) => at[key], whole)
      : node
  const parameters = [...common, ...(told.parameters ?? [])].map(own)
  const { content: body = {} } = own(told.requestBody ?? {})
  const answers = Object.entries(told.responses).map(([status, one]) => [status, own(one)])
  const good = answers.filter(([status]) => status < 300)
  const tokens = (told.security ?? whole.security ?? []).flatMap(Object.keys)
  const token = (key) => prose(whole.components.securitySchemes[key].description ?? key)
  return {
    id: `${name}/${told.operationId}`,
    badge: method,
    label: path,
    summary: told.summary ?? told.operationId,
    about: told.description,
    refers: JSON.stringify([parameters, body, answers]),
    details: [
      titled('Parameters', parameters.map(parameter)),
      Object.entries(body).map(([mime, { schema = BYTES }]) => [
        h('h4', 'Body'),
        shown(schema, mime),
      ]),
      titled('Answers', answers.map(response)),
      titled(
        'Token',
        tokens.map((key) => row(key, '', token(key))),
      ),
    ],
    samples: [
      samples('Body', body),
      good.map(([status, { content }]) => samples(`Answer ${status}`, content)),
    ],
  }
}

function parameter({ name, in: place, required, schema, description, example }) {
  const hint = `in the ${place}${example === undefined ? '' : `, such as ${example}`}`
  return row(name, required ? '' : 'optional', shown(schema, hint, description))
}

const response = ([status, { description, content = {}, headers = {} }]) =>
  row(
    status,
    '',
    prose(description),
    Object.entries(content).map(([mime, { schema = BYTES }]) => shown(schema, mime)),
    Object.keys(headers).map((name) => h('p.line', h('code', name), h('small', 'header'))),
  )

function channelsOf(name, whole) {
  const actions = Object.values(whole.operations ?? {})
  return Object.entries(whole.channels).map(([key, channel]) => {
    const sends = actions.find((one) => nameOf(one.channel) === key)?.action === 'send'
    const messages = Object.entries(channel.messages).map(([name, { payload }]) => [name, payload])
    const parameters = Object.entries(channel.parameters ?? {})
    return {
      id: `${name}/${key}`,
      badge: sends ? 'from' : 'to',
      label: channel.address,
      summary: sends ? 'From the service to clients' : 'From clients to the service',
      about: channel.description,
      refers: JSON.stringify(messages),
      details: [
        titled(
          'Parameters',
          parameters.map(([name, { description }]) => row(name, '', prose(description))),
        ),
        titled(
          'Messages',
          messages.map(([name, payload]) =>
            row(name, '', shown(payload, '', definitionOf(payload).description)),
          ),
        ),
      ],
      samples: messages.map(([name, schema]) => samples(name, { any: { schema } })),
    }
  })
}

const definitionsOf = (definitions) =>
  Object.entries(definitions).map(([name, schema]) => ({
    id: name,
    label: name,
    about: schema.description,
    refers: JSON.stringify(schema),
    details: schema.properties && !schema.oneOf ? propertiesOf(schema) : shown(schema, '', ''),
    samples: [
      schema.examples && [h('h4', 'Valid'), schema.examples.map(json)],
      schema['x-invalid'] && h('details', h('summary', 'Not valid'), schema['x-invalid'].map(json)),
    ],
  }))

/** What every service says of its health comes last. */
const groupsOf = (documents, entriesOf) =>
  Object.entries(documents)
    .sort(([a], [b]) => (a === 'health') - (b === 'health'))
    .map(([name, whole]) => ({ ...whole.info, entries: entriesOf(name, whole) }))

const groups = [
  ...groupsOf(contract.openapi, operationsOf),
  ...groupsOf(contract.asyncapi, channelsOf),
  ...Object.entries(contract.schemas).map(([area, definitions]) => ({
    title: `Definitions: ${area}`,
    entries: definitionsOf(definitions),
  })),
]
const entries = groups.flatMap((group) => group.entries)

const named = ({ id, badge, label }) =>
  link(id, badge && h(`span.badge.${badge}`, badge), h('span', label))

function card(entry) {
  const users = entries.filter(({ refers }) => refers.includes(`/${entry.id}"`))
  const text = [
    h('h3', named(entry)),
    entry.summary && h('p.summary', entry.summary),
    prose(entry.about),
    entry.details,
    users.length > 0 && [h('h4', 'Used by'), h('p.users', users.map(named))],
  ]
  const whole = h('article', h('div', text), h('div.samples', entry.samples))
  return Object.assign(whole, { id: entry.id })
}

const find = (selector) => document.querySelector(selector)
const [content, contents, filter, found] = ['#content', '#contents', '#filter', '#found'].map(find)
const wide = matchMedia('(width >= 60rem)')

/** Each entry, and each group of them, has a part of the page and one of the contents. */
for (const group of groups) {
  for (const entry of group.entries) entry.parts = [card(entry), h('li', named(entry))]
  const [cards, lines] = [0, 1].map((side) => group.entries.map(({ parts }) => parts[side]))
  group.parts = [
    h('section', h('h2', group.title), prose(group.description), cards),
    h('section', h('h2', group.title), h('ul', lines)),
  ]
  content.append(group.parts[0])
  contents.append(group.parts[1])
}
if (entries.length === 0) content.append(h('p', 'This service has no contract beside it.'))
document.title = `${contract.service} API`

/** Shows the entries that hold every word of the filter. */
function narrow() {
  const words = filter.value.toLowerCase().split(/\s+/)
  const fits = ({ id, label, summary, about }) => {
    const text = [id, label, summary, about].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const show = ({ parts }, is) => {
    for (const part of parts) part.hidden = !is
  }
  for (const entry of entries) show(entry, fits(entry))
  for (const group of groups) show(group, group.entries.some(fits))
  found.textContent = filter.value && `${entries.filter(fits).length} of ${entries.length}`
}

/** The contents stand beside the page where there is room, and unfold above it where there is none. */
function fold() {
  find('nav details').open = wide.matches
}

/** A link may lead to what the filter hides. */
function arrive() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target?.hidden) filter.value = ''
  narrow()
  fold()
  target?.scrollIntoView()
}

filter.addEventListener('input', narrow)
wide.addEventListener('change', fold)
addEventListener('hashchange', arrive)
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === filter) return
  event.preventDefault()
  filter.focus()
})
// The page was empty when the browser looked for its target.
if (location.hash) location.replace(location.hash)
arrive()

/** The contents mark where the reader is. */
const seen = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes)
      find(`nav a[href="#${encodeURIComponent(target.id)}"]`).ariaCurrent = isIntersecting || null
  },
  { rootMargin: '-20% 0px -79% 0px' },
)
for (const { parts } of entries) seen.observe(parts[0])
