import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { Problem } from '#contract/common'
import { type Operation, operations } from '#operations'
import { json, send, start } from './support.ts'

/** Where services/ml would be; the whole of both is tried by running both. */
let behave: (response: ServerResponse) => void = () => {}
let asked: IncomingMessage | undefined
let heard = ''
const ml = createServer(async (request, response) => {
  asked = request
  heard = ''
  for await (const chunk of request) heard += chunk
  behave(response)
}).listen(0, '127.0.0.1')
await once(ml, 'listening')
after(() => ml.close())
const { port } = ml.address() as AddressInfo
const { app, url } = await start({ ML_URL: `http://127.0.0.1:${port}`, SERVICE_TOKEN: 'secret' })

const found = (id: string) => operations.get(id) as Operation
const id = '3f0c4f0a-6a51-4d2e-9c1b-0d6a5b1e2f3a'
/** What of this product is forwarded: something that is asked as JSON, and something that streams. */
const asks = found(operations.has('startJob') ? 'startJob' : 'search')
const streams = found(operations.has('followJob') ? 'followJob' : 'answer')
const example = asks.body?.examples[0]
const follow = (signal?: AbortSignal) =>
  fetch(url + streams.path.replace('{id}', id), {
    method: streams.method,
    ...(signal && { signal }),
    ...(streams.body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(streams.body.examples[0]),
    }),
  })

const refuse = (status: number) => (response: ServerResponse) => {
  const problem = { type: 'about:blank', title: 'No', status }
  const headers = { 'content-type': 'application/problem+json', 'retry-after': '7' }
  response.writeHead(status, headers).end(JSON.stringify(problem))
}

test('asks what it was asked, with the service token and the trace', async () => {
  behave = refuse(429)
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const answer = await send(url + asks.path, 'POST', example, {
    'idempotency-key': 'k',
    traceparent: trace,
  })
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '7'])
  assert.equal((await json<Problem>(answer)).title, 'No')
  const headers = asked?.headers ?? {}
  assert.deepEqual([asked?.method, asked?.url], ['POST', asks.path])
  assert.deepEqual(
    [headers.authorization, headers['idempotency-key'], headers['content-type']],
    ['Bearer secret', 'k', 'application/json'],
  )
  assert.match(`${headers.traceparent}`, new RegExp(`^00-${'a'.repeat(32)}-(?!b{16})`))
  assert.deepEqual(JSON.parse(heard), example)
})

test('what breaks the contract goes no further, either way', async () => {
  asked = undefined
  assert.equal((await send(url + asks.path, 'POST', { more: 1 })).status, 422)
  assert.equal(asked, undefined)
  behave = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')
  assert.equal((await send(url + asks.path, 'POST', example)).status, 502)
})

test('passes on each event as it comes, and ends the work when the caller leaves', async () => {
  let response: ServerResponse | undefined
  behave = (it) => {
    response = it
    it.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  }
  const left = new AbortController()
  const answer = await follow(left.signal)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (const n of [1, 2]) {
    assert.equal((await reader?.read())?.value, `data: ${n}\n\n`)
    response?.write('data: 2\n\n')
  }
  const gone = once(response as ServerResponse, 'close')
  left.abort()
  await gone
})

test('a stream that broke off does not look whole', async () => {
  behave = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    setTimeout(() => response.destroy(), 50)
  }
  await assert.rejects((await follow()).text())
})

test('nobody there is told', async () => {
  const alone = await start({ ML_URL: 'http://127.0.0.1:1' })
  assert.equal((await send(alone.url + asks.path, 'POST', example)).status, 503)
})

test('who only listens does not hold up the end', async () => {
  if (streams.method !== 'GET') return
  behave = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  }
  const answer = await follow()
  const closed = app.close()
  assert.equal(await answer.text(), 'data: 1\n\n')
  await closed
})
