import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import { operations } from '#operations'
import { PROBES } from '../src/telemetry.ts'
import { beside, start } from './support.ts'

const AUTH_SECRET = randomBytes(32).toString('hex')
const SERVICE = { SERVICE_TOKEN: 'the service' }
const signed = (claims: JWTPayload, until = '1h') =>
  new SignJWT({ sub: 'ada', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(until)
    .sign(Buffer.from(AUTH_SECRET))
const [good, expired, unable] = await Promise.all([
  signed({}),
  signed({}, '1 minute ago'),
  signed({ read: [], publish: [] }),
])
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const { app, url } = await start({
  ...{ AUTH_SECRET, ...SERVICE },
  ...{ DATABASE: ':memory:', CHAT_DATABASE: ':memory:' },
  ...(await beside()),
})
const ours = [...operations.values()].filter(
  ({ method, path, secured }) =>
    !(secured || PROBES.includes(path)) &&
    app.hasRoute({ method: method as 'GET', url: path.replace(/\{(\w+)\}/g, ':$1') }),
)

/** Fits where the path wants any name, and where it wants an id. */
const NOBODY = '00000000-0000-4000-8000-000000000000'

async function ask({ method, path, parameters, body }: (typeof ours)[number], headers: object) {
  const stop = new AbortController()
  const search = new URLSearchParams(parameters.query.samples)
  const [sample] = body?.examples ?? []
  const answer = await fetch(`${url}${path.replace(/\{(\w+)\}/g, NOBODY)}?${search}`, {
    method,
    signal: stop.signal,
    headers: {
      ...parameters.header.samples,
      ...(body && { 'content-type': body.type }),
      ...headers,
    },
    ...(body && { body: typeof sample === 'string' ? sample : JSON.stringify(sample) }),
  })
  stop.abort()
  return answer
}

test('whoever calls an operation signs in; the page and the probes are for everyone', async () => {
  for (const path of [...PROBES, '/', '/docs/'])
    assert.equal((await fetch(url + path)).status, 200, path)
  for (const operation of ours) {
    const refused = await ask(operation, {})
    assert.equal(refused.status, 401, operation.id)
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer')
    for (const headers of [bearer(good), bearer(SERVICE.SERVICE_TOKEN)]) {
      const { status } = await ask(operation, headers)
      assert.ok(status < 300 || status === 404 || status === 422, `${operation.id} ${status}`)
    }
    // Items belong to no channel, and of rooms only those are listed that may be read.
    const may = /item|listRooms/i.test(operation.id)
    const { status } = await ask(operation, bearer(unable))
    assert.equal(status === 403, !may, operation.id)
  }
  for (const operation of operations.values())
    if (operation.secured && app.hasRoute({ method: 'POST', url: operation.path }))
      assert.equal((await ask(operation, bearer(good))).status, 401, operation.id)
})

test('a token that comes twice is no token', { skip: ours.length === 0 }, async () => {
  const path = ours.find(({ method }) => method === 'GET')?.path.replace(/\{(\w+)\}/g, 'sample')
  const { authorization } = bearer(good)
  const headers = ['host', 'localhost', ...Array(2).fill(['authorization', authorization]).flat()]
  const twice = request(url + path, { headers })
  const [answer] = await once(twice.end(), 'response')
  assert.equal(answer.statusCode, 401)
  answer.resume()
})

/** The service as a process of its own, for as long as `meanwhile` lasts; and all that it says. */
async function said(env: Record<string, string>, meanwhile?: (port: number) => Promise<unknown>) {
  const cwd = mkdtempSync(join(tmpdir(), 'access-'))
  const main = join(import.meta.dirname, '../src/main.ts')
  const child = spawn(process.execPath, [main], {
    cwd,
    env: { PORT: '0', LOG_LEVEL: 'trace', SIMULATION: 'off', ...env },
  })
  after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const told = Promise.all([text(child.stdout), text(child.stderr)])
  if (meanwhile) {
    const port = await new Promise<number>((resolve) =>
      child.stdout.on('data', (data) => {
        const [, found] = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(`${data}`) ?? []
        if (found) resolve(Number(found))
      }),
    )
    await meanwhile(port)
    child.kill('SIGTERM')
  }
  const [code] = await ended
  return { code, output: (await told).join('') }
}

test('no secret is ever written down', async () => {
  const paths = ['/ws', '/livez', '/nothing', ...ours.map(({ path }) => path.replace(/[{}]/g, ''))]
  const secrets = [
    AUTH_SECRET,
    good,
    expired,
    SERVICE.SERVICE_TOKEN,
    'hidden-client',
    'hidden-password',
  ]
  const { output } = await said({ AUTH_SECRET, ...SERVICE }, async (port) => {
    for (const path of paths)
      for (const token of [good, expired, SERVICE.SERVICE_TOKEN, 'hidden-password'])
        for (const more of ['', `upgrade: websocket\r\nsec-websocket-protocol: bearer, ${token}`]) {
          const socket = connect(port, '127.0.0.1').on('error', () => {})
          const sent = [
            `GET ${path}?client=hidden-client&token=${token} HTTP/1.1`,
            `host: 127.0.0.1\r\nconnection: ${more ? 'upgrade' : 'close'}`,
            ...[more || `authorization: Bearer ${token}`, '', ''],
          ]
          socket.write(sent.join('\r\n'))
          await once(socket, 'data')
          socket.destroy()
        }
  })
  assert.match(output, /"path":"\/livez"/)
  assert.match(output, /"level":"debug"/)
  for (const secret of secrets) assert.ok(!output.includes(secret), secret)
  for (const secret of [good, expired]) assert.ok(!output.includes(secret.split('.')[2] ?? ''))
})

test('a service that nobody signs in to says so, and does not start where others reach it', async () => {
  assert.match((await said({}, async () => {})).output, /"level":"warn".*nobody signs in/)
  const { code, output } = await said({ HOST: '0.0.0.0' })
  assert.equal(code, 1)
  assert.match(output, /^error: HOST=0\.0\.0\.0: .*AUTH=open/)
})
