import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { clientOf, ProblemError, Unreachable } from '../client/http.ts'

interface Operations {
  read: { input: { id: string; limit?: number; tag?: string[] }; answer: { n: number } }
  add: { input: { body: object; 'idempotency-key'?: string }; answer: { n: number } }
  tell: { input: { body: object }; answer: undefined }
}
const json = { type: 'application/json', query: [] }
const operations = {
  read: { method: 'GET', path: '/things/{id}', query: ['limit', 'tag'], headers: [] },
  add: { method: 'POST', path: '/things', headers: ['idempotency-key'], ...json },
  tell: { method: 'POST', path: '/told', headers: [], ...json },
}

const problemOf = (status: number) => ({
  type: 'about:blank',
  title: 'Refused',
  status,
  detail: 'No.',
})

/** Statuses of the next answers; then 200. */
let statuses: number[] = []
/** Type of what is refused: the service's own, or that of something between us and it. */
let refusal = 'application/problem+json'
let asked: IncomingMessage[] = []
const server = createServer((request, response) => {
  asked.push(request)
  const status = statuses.shift() ?? 200
  const type = status < 400 ? 'application/json' : refusal
  response.writeHead(status, { 'content-type': type, ...(status > 502 && { 'retry-after': '0' }) })
  response.end(JSON.stringify(status < 400 ? { n: asked.length } : problemOf(status)))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const service = clientOf<Operations>(operations, { base })
beforeEach(() => {
  statuses = []
  refusal = 'application/problem+json'
  asked = []
})

test('puts each value where the contract wants it', async () => {
  assert.deepEqual(await service.read({ id: 'a/b ?', limit: 2 }), { n: 1 })
  assert.equal(asked[0]?.url, '/things/a%2Fb%20%3F?limit=2')
  await service.read({ id: 'a', tag: ['b,c', 'd'] })
  assert.equal(asked[1]?.url, '/things/a?tag=b%2Cc&tag=d')
  await service.read({ id: 'a', tag: [] })
  assert.equal(asked[2]?.url, '/things/a')
  await service.add({ body: {}, 'idempotency-key': 'mine' }, { headers: { traceparent: 't' } })
  const { headers } = asked[3] ?? {}
  assert.deepEqual([headers?.['idempotency-key'], headers?.traceparent], ['mine', 't'])
  assert.equal(headers?.['content-type'], 'application/json')
})

test('repeats what may be repeated, with one key', async () => {
  statuses = [503, 503]
  assert.deepEqual(await service.add({ body: {} }), { n: 3 })
  const keys = asked.map(({ headers }) => headers['idempotency-key'])
  assert.match(`${keys[0]}`, /^[\da-f]{32}$/)
  assert.equal(new Set(keys).size, 1)
})

test('asks once where a repetition could do harm, and where it is no use', async () => {
  statuses = [503]
  await assert.rejects(service.tell({ body: {} }), ProblemError)
  statuses = [422]
  await assert.rejects(service.read({ id: 'a' }), new ProblemError(problemOf(422)))
  assert.equal(asked.length, 2)
})

test('asks once when the service says that it takes too long', async () => {
  statuses = [504]
  await assert.rejects(service.read({ id: 'a' }), new ProblemError(problemOf(504)))
  statuses = [504]
  refusal = 'text/html'
  assert.deepEqual(await service.read({ id: 'a' }), { n: 3 }, 'a gateway did not hear it in time')
})

test('gives up on an answer that does not begin', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const impatient = { base: `http://127.0.0.1:${port}`, timeout: 50, retries: 0 }
  await assert.rejects(clientOf<Operations>(operations, impatient).read({ id: 'a' }), Unreachable)
  silent.closeAllConnections()
  silent.close()
})

test('says that nobody answers, and stops when it is told to', async () => {
  const nobody = clientOf<Operations>(operations, { base: 'http://127.0.0.1:1', retries: 1 })
  await assert.rejects(nobody.read({ id: 'a' }), Unreachable)
  statuses = [503]
  await assert.rejects(service.read({ id: 'a' }, { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  })
})
