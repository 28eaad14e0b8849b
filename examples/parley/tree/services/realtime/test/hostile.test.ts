import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { operations } from '#operations'
import { beside, start } from './support.ts'

const { app, url } = await start({ SERVICE_TOKEN: 'secret', ...(await beside()) })
const { port } = new URL(url)
const HOST = 'host: a\r\n'
const JSON_TYPE = 'content-type: application/json\r\n'
const END = 'connection: close\r\n\r\n'

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\n${HOST}${headers}${END}`
const post = (body: string | Buffer, headers = JSON_TYPE) =>
  Buffer.concat([
    Buffer.from(
      `POST /nothing HTTP/1.1\r\n${HOST}${headers}content-length: ${Buffer.byteLength(body)}\r\n${END}`,
    ),
    Buffer.from(body),
  ])
const chunked = (body: string, headers = '') =>
  `POST /nothing HTTP/1.1\r\n${HOST}${JSON_TYPE}${headers}transfer-encoding: chunked\r\n${END}${body}`

/** What it answers to bytes, until it closes the connection: the status of each answer. */
async function statuses(bytes: string | Buffer): Promise<number[]> {
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
  let heard = ''
  socket.on('data', (data) => {
    heard += data.toString('latin1')
  })
  socket.write(bytes)
  await once(socket, 'close')
  return [...heard.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
}

const REFUSED: Record<string, string | Buffer> = {
  'no request': 'nonsense\r\n\r\n',
  'nothing but line ends': '\r\n\r\n\r\n\r\nx\r\n\r\n',
  'bytes of TLS': Buffer.from('16030100c8010000c40303', 'hex'),
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'version 9': `GET /livez HTTP/9.9\r\n${HOST}${END}`,
  'version in small letters': `GET /livez http/1.1\r\n${HOST}${END}`,
  'unknown method': `FETCH /livez HTTP/1.1\r\n${HOST}${END}`,
  'method in small letters': `get /livez HTTP/1.1\r\n${HOST}${END}`,
  'a method the path has not': `DELETE /livez HTTP/1.1\r\n${HOST}${END}`,
  'space in the path': get('/li vez'),
  'NUL in the path': get('/livez\0'),
  'NUL in a header': get('/livez', 'x: a\0b\r\n'),
  'NUL in a header name': get('/livez', 'x\0y: a\r\n'),
  'tab before the path': `GET\t/livez HTTP/1.1\r\n${HOST}${END}`,
  'no host': `GET /livez HTTP/1.1\r\n${END}`,
  'header without a colon': get('/livez', 'nonsense\r\n'),
  'header without a name': get('/livez', ': a\r\n'),
  'space before the colon': get('/livez', 'x : a\r\n'),
  'folded header': get('/livez', 'x: a\r\n b\r\n'),
  'folded first header': `GET /livez HTTP/1.1\r\n x: a\r\n${HOST}${END}`,
  'bare carriage return': get('/livez', 'x: a\rb\r\n'),
  'huge header': get('/livez', `x: ${'a'.repeat(20_000)}\r\n`),
  'many headers': get('/livez', 'x: a\r\n'.repeat(5_000)),
  'huge path': get(`/${'a'.repeat(20_000)}`),
  'long part of a path': get(`/${'a'.repeat(8_000)}`),
  'two lengths': `POST /nothing HTTP/1.1\r\n${HOST}content-length: 1\r\ncontent-length: 2\r\n${END}ab`,
  'the same length twice': `POST /nothing HTTP/1.1\r\n${HOST}content-length: 1\r\ncontent-length: 1\r\n${END}a`,
  'two lengths in one': `POST /nothing HTTP/1.1\r\n${HOST}content-length: 1, 2\r\n${END}ab`,
  'negative length': `POST /nothing HTTP/1.1\r\n${HOST}content-length: -1\r\n${END}`,
  'signed length': `POST /nothing HTTP/1.1\r\n${HOST}content-length: +1\r\n${END}a`,
  'length in hexadecimal': `POST /nothing HTTP/1.1\r\n${HOST}content-length: 0x1\r\n${END}a`,
  'length beyond all numbers': `POST /nothing HTTP/1.1\r\n${HOST}content-length: ${'9'.repeat(30)}\r\n${END}a`,
  'length beyond the limit': `POST /nothing HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 9999999\r\n${END}a`,
  'length and chunks': chunked('0\r\n\r\nGET /livez HTTP/1.1\r\n\r\n', 'content-length: 4\r\n'),
  'chunks, then length': `POST /nothing HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\ncontent-length: 4\r\n${END}0\r\n\r\n`,
  'chunks called otherwise': `POST /nothing HTTP/1.1\r\n${HOST}transfer-encoding: xchunked\r\n${END}0\r\n\r\n`,
  'chunks that are not last': `POST /nothing HTTP/1.1\r\n${HOST}transfer-encoding: chunked, identity\r\n${END}0\r\n\r\n`,
  'chunks behind a tab': `POST /nothing HTTP/1.1\r\n${HOST}transfer-encoding:\x0bchunked\r\n${END}0\r\n\r\n`,
  'chunk size that is none': chunked('zz\r\n{}\r\n0\r\n\r\n'),
  'negative chunk size': chunked('-1\r\n{}\r\n0\r\n\r\n'),
  'huge chunk size': chunked('ffffffffffffffffff\r\n{}\r\n'),
  'chunk longer than its size': chunked('1\r\n{}\r\n0\r\n\r\n'),
  'chunk ended by a line feed': chunked('2\n{}\n0\n\n'),
  'endless chunk extension': chunked(`2;${'a'.repeat(40_000)}\r\n{}\r\n0\r\n\r\n`),
  'huge trailer': chunked(`0\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`),
  'bad percent escape': get('/%zz'),
  'half a percent escape': get('/%2'),
  'escape that is no UTF-8': get('/%ff%fe'),
  'escaped way up': get('/%2e%2e/%2e%2e/etc/passwd'),
  'way up': get('/../../etc/passwd'),
  'way up behind a backslash': get('/..%5c..%5cetc%5cpasswd'),
  'way up under a folder': get('/docs/..%2f..%2f..%2fpackage.json'),
  'escaped NUL': get('/docs/%00'),
  'hidden file': get('/.env'),
  'path of two slashes': get('//evil.example/'),
  'absolute address': get('http://evil.example/nothing'),
  'proxy request': `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}${END}`,
  'all of the service': `PUT * HTTP/1.1\r\n${HOST}${END}`,
  'upgrade to what is not there': get('/nothing', 'upgrade: websocket\r\nconnection: upgrade\r\n'),
  'upgrade to something else': get('/nothing', 'upgrade: h2c\r\nconnection: upgrade\r\n'),
  'expectation that is unknown': post('{}', `${JSON_TYPE}expect: wonders\r\n`),
  'prototype in a body': post('{"__proto__":{"admin":true}}'),
  'constructor in a body': post('{"constructor":{"prototype":{"admin":true}}}'),
  'prototype in a query': get('/nothing?__proto__[admin]=1&constructor=2'),
  'half of JSON': post('{"a":'),
  'nothing as JSON': post(''),
  'JSON after JSON': post('{}{}'),
  'deep JSON': post('['.repeat(200_000)),
  'deep JSON that is whole': post('['.repeat(200_000) + ']'.repeat(200_000)),
  'body that is no UTF-8': post(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  'UTF-16': post(Buffer.from('{}', 'utf16le')),
  'unknown type': post('a', 'content-type: application/octet-stream\r\n'),
  'type that is none': post('a', 'content-type: nonsense\r\n'),
  'type without end': post('{}', `content-type: application/json;${'a'.repeat(9_000)}\r\n`),
  'packed body': post(Buffer.from([0x1f, 0x8b, 8]), `${JSON_TYPE}content-encoding: gzip\r\n`),
  'other character set': post('{}', 'content-type: application/json; charset=utf-7\r\n'),
}

for (const [what, bytes] of Object.entries(REFUSED))
  test(`refuses: ${what}`, async () => {
    const [status, ...more] = await statuses(bytes)
    assert.ok(status === undefined || (status >= 400 && status < 500), `${status}`)
    assert.deepEqual(more, [], 'it took the rest for another request')
  })

/** A sample of the contract with something else in the place of each of its values. */
function* spoilt(body: unknown): Generator<string> {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  const whole = JSON.stringify(body)
  yield deep
  if (typeof body !== 'object' || !body) return
  for (const [key, value] of Object.entries(body))
    for (const other of [
      deep,
      '"\\u0000"',
      '"\\ud800"',
      '1e999',
      '{"toString":1}',
      `{"a":${deep}}`,
    ])
      yield whole.replace(`${JSON.stringify(key)}:${JSON.stringify(value)}`, `"${key}":${other}`)
}

for (const [id, { method, path, body }] of operations) {
  const served = app.hasRoute({ method: method as 'POST', url: path.replace(/\{(\w+)\}/g, ':$1') })
  if (!served || body?.type !== 'application/json') continue
  test(`${id} takes or refuses whatever comes`, async () => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer secret' }
    for (const text of spoilt(body.examples[0])) {
      const key = { 'idempotency-key': crypto.randomUUID() }
      const init = { method, headers: { ...headers, ...key }, body: text }
      const answer = await fetch(url + path.replace(/\{\w+\}/g, 'sample'), init)
      assert.ok(answer.status < 500, `${answer.status} to ${text.slice(0, 200)}`)
    }
  })
}

test('a request that never ends is given up, one that is dropped is forgotten', async () => {
  assert.equal(app.server.headersTimeout, 10_000)
  app.server.headersTimeout = 100
  for (const half of [
    'GET /li',
    'GET /livez HTTP/1.1\r\nhost: a\r\n',
    'POST /nothing HTTP/1.1\r\n',
  ])
    assert.deepEqual(await statuses(half), [408])
  app.server.headersTimeout = 10_000
  for (const half of ['G', get('/livez').slice(0, -2), chunked('5\r\nab')]) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
    socket.write(half)
    await once(socket, 'connect')
    socket.resetAndDestroy()
  }
})

test('it serves on, and holds nothing', async () => {
  assert.equal((await fetch(`${url}/livez`, { headers: { connection: 'close' } })).status, 200)
  const open = () =>
    new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)))
  app.server.closeIdleConnections() // those that fetch keeps
  while ((await open()) > 0) await new Promise(setImmediate)
})
