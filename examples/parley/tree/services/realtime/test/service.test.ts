import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { areas, checkOf } from '#contract'
import type { Definitions, Problem } from '#contract/common'
import { faultOf, type Operation, operations } from '#operations'
import { ConfigError, readConfig } from '../src/config.ts'
import { typed } from '../src/contract.ts'
import { newTrace, traceparent } from '../src/telemetry.ts'
import { beside, json, start } from './support.ts'

const TOKEN = { authorization: 'Bearer secret' }
const { app, url } = await start({ SERVICE_TOKEN: 'secret', ...(await beside()) })

test('explains what it cannot find', async () => {
  const answer = await fetch(`${url}/nothing?here`)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  const problem = await json<Problem>(answer)
  assert.deepEqual(checkOf('Problem')(problem), [])
  assert.equal(problem.detail, 'There is nothing at GET /nothing.')
})

test('explains what is no request at all', async () => {
  const answers = [
    await fetch(`${url}/%zz`),
    await new Promise<Response>((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
        socket.end('nonsense\r\n\r\n'),
      )
      socket.on('error', reject).on('data', (data) => {
        const [head = '', body] = data.toString().split('\r\n\r\n')
        const lines = head.split('\r\n').slice(1)
        const headers = lines.map((line) => line.split(': ') as [string, string])
        resolve(new Response(body, { status: Number(head.split(' ')[1]), headers }))
      })
    }),
  ]
  for (const answer of answers) {
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    assert.equal((await json<Problem>(answer)).status, answer.status)
    assert.equal(answer.status, 400)
  }
})

test('says what may be asked when there is something, only not for this method', async () => {
  const answer = await fetch(`${url}/livez`, { method: 'DELETE' })
  assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD'])
})

test('serves the page, and lets it load nothing from elsewhere', async () => {
  const answer = await fetch(url)
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'self'/)
  assert.match(await answer.text(), /<main/)
})

test('tells the trace of a request', async () => {
  const id = 'a'.repeat(32)
  const asked = { traceparent: `00-${id}-${'b'.repeat(16)}-01` }
  const { headers } = await fetch(`${url}/livez`, { headers: asked })
  assert.match(`${headers.get('traceparent')}`, new RegExp(`^00-${id}-(?!b{16})[0-9a-f]{16}-01$`))
})

test('serves the contract to read, and lets that load nothing from elsewhere', async () => {
  const page = await fetch(`${url}/docs`)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/)
  assert.doesNotMatch(await page.text(), /(src|href)="(\/|https?:)/)
  for (const file of globSync('*', { cwd: `${import.meta.dirname}/../../../contract/docs` }))
    assert.equal((await fetch(new URL(file, page.url))).status, 200, file)
  const { openapi } = await json<{ openapi: object }>(fetch(new URL('contract.json', page.url)))
  for (const id of operations.keys())
    assert.ok(JSON.stringify(openapi).includes(`"operationId":"${id}"`), id)
})

test('continues a trace, and begins one when there is none', () => {
  const id = 'a'.repeat(32)
  const { span, ...trace } = newTrace(`00-${id}-${'b'.repeat(16)}-00`)
  assert.deepEqual(trace, { id, parent: 'b'.repeat(16), flags: '00' })
  assert.match(span, /^(?!b{16})[0-9a-f]{16}$/)
  assert.match(traceparent(newTrace(`00-${'0'.repeat(32)}-x`)), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('names a setting that cannot be used', () => {
  assert.throws(
    () => readConfig({ PORT: 'many' }),
    new ConfigError('PORT=many: must be a whole number from 0 to 65535'),
  )
  assert.throws(
    () => readConfig({ LOG_LEVEL: 'loud' }),
    /LOG_LEVEL=loud: must be one of info, trace/,
  )
  assert.equal(readConfig({ PORT: '' }).port, 3000)
})

test('reads numbers and lists, also a list that came with one item', () => {
  const given = { limit: '7', source: 'a', hour: ['1', 'x'], word: ['b', 'c'] }
  const names = { numbers: ['limit', 'hour'], lists: ['source', 'hour'] }
  const read = { limit: 7, source: ['a'], hour: [1, 'x'], word: ['b', 'c'] }
  assert.deepEqual(typed(given, names), read)
})

// The contract: every operation is asked for, and every answer held against it.
const isServed = ({ method, path }: Operation) =>
  app.hasRoute({ method: method as 'GET', url: path.replace(/\{(\w+)\}/g, ':$1') })

/** All of each document of which we serve anything. */
const documents = new Set([...operations.values()].filter(isServed).map((one) => one.document))
const served = [...operations].filter(([, { document }]) => documents.has(document))

/** Statuses that each operation has shown. */
const shown = new Map<string, Set<string>>(served.map(([id]) => [id, new Set()]))
/** What was made under a path: later it is asked for. */
const made: Record<string, Record<string, unknown>> = {}

/** Makes first what is read, changed and removed afterwards. */
const ORDER = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE']
served.sort(([, a], [, b]) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method))

/** Asks, and holds the answer against the contract. */
async function ask(id: string, operation: Operation, body?: unknown, query = ''): Promise<number> {
  const { method, parameters } = operation
  const [collection = ''] = operation.path.split('/{')
  const named = (name: string) => `${made[collection]?.[name] ?? 'sample'}`
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => named(name))
  const search = query || new URLSearchParams(parameters.query.samples).toString()
  const type = operation.body?.type
  const stop = new AbortController()
  const answer = await fetch(`${url}${path}?${search}`, {
    method,
    signal: stop.signal,
    headers: { ...TOKEN, ...parameters.header.samples, ...(type && { 'content-type': type }) },
    ...(body !== undefined && { body: written(body) }),
  })
  const mime = answer.headers.get('content-type') ?? ''
  const text = /\Wjson|plain/.test(mime) ? await answer.text() : '' // the others have no end
  stop.abort()
  assert.equal(faultOf(operation, answer.status, mime, text), '', text)
  if (id === 'readMetrics') assert.match(text, /http_request_seconds_count\{/)
  const status = operation.answers.has(`${answer.status}`) ? `${answer.status}` : 'default'
  shown.get(id)?.add(status)
  if (answer.ok && method === 'POST' && text) made[path] = JSON.parse(text)
  return answer.status
}

/** A sample that is no JSON stands in the contract as text. */
const written = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body))

test('every definition has its examples right', () => {
  for (const definitions of areas.values())
    for (const [name, { examples = [], 'x-invalid': invalid = [] }] of Object.entries(
      definitions,
    )) {
      const check = checkOf(name as keyof Definitions)
      for (const value of examples) assert.deepEqual(check(value), [], JSON.stringify(value))
      for (const value of invalid) assert.notDeepEqual(check(value), [], JSON.stringify(value))
    }
})

for (const [id, operation] of served)
  test(`${id} keeps to the contract`, async () => {
    assert.ok(isServed(operation), `${operation.method} ${operation.path} is not served`)
    const { body } = operation
    if (operation.secured) {
      const [{ authorization }, wrong] = [TOKEN, 'Bearer wrong']
      TOKEN.authorization = wrong
      assert.equal(await ask(id, operation, body?.examples[0]), 401)
      TOKEN.authorization = authorization
    }
    assert.ok(!body || body.examples.length > 0, 'its body has no examples')
    for (const value of body?.invalid ?? []) assert.equal(await ask(id, operation, value), 422)
    if (operation.answers.has('default'))
      assert.equal(await ask(id, operation, body?.examples[0], 'unknown=1'), 422)
    for (const name of operation.parameters.query.numbers)
      assert.equal(await ask(id, operation, body?.examples[0], `${name}=1&${name}=2`), 422)
    for (const value of body?.examples ?? [undefined]) {
      const status = await ask(id, operation, value)
      assert.ok(status < 300, `${status} to ${JSON.stringify(value)}`)
    }
  })

test('not ready is documented, too', async () => {
  app.checks.set('sample', () => false)
  for (const [id, operation] of served)
    if (id === 'isReady') assert.equal(await ask(id, operation), 503)
  app.checks.clear()
})

test('every documented status was seen', () => {
  for (const [id, operation] of served)
    assert.deepEqual([...(shown.get(id) ?? [])].sort(), [...operation.answers.keys()].sort(), id)
})
