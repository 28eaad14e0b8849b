import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { WebSocket as Socket } from 'ws'
import { start } from './support.ts'
import { upgrade, Wire } from './wire.ts'

const SECRET = 'a secret of at least thirty-two bytes'
const HEARTBEAT = 200
const { app, url } = await start({ HEARTBEAT_MS: `${HEARTBEAT}` })
const wsOf = (url: string) => `${url.replace('http', 'ws')}/ws`

/** The status with which a connection is refused, or 101. */
async function statusOf(url: string, headers: Record<string, string> = {}, query = '') {
  const socket = new Socket(`${wsOf(url)}?${query}`, { headers })
  socket.on('error', () => {})
  const opened = once(socket, 'open').then(() => 101)
  const refused = once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode)
  opened.catch(() => {})
  refused.catch(() => {})
  return { status: (await Promise.race([opened, refused])) as number, socket }
}

test('a connection that gives no sign of life is closed within two heartbeats, others stay', async () => {
  const { socket } = await statusOf(url)
  const dead = connect(Number(new URL(url).port), '127.0.0.1')
  dead.write(
    'GET /ws HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
      'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  dead.resume()
  const pings: unknown[] = []
  socket.on('ping', () => pings.push(1))
  await once(dead, 'close')
  while (pings.length < 5) await sleep(HEARTBEAT / 4)
  assert.equal(socket.readyState, Socket.OPEN)
  socket.close()
})

test('there is a limit for each person, each address, and all together', async () => {
  const limits = {
    MAX_CONNECTIONS: '4',
    MAX_CONNECTIONS_PER_MEMBER: '2',
    MAX_CONNECTIONS_PER_ADDRESS: '3',
  }
  const { url } = await start({ ...limits, TRUST_PROXY: 'on' })
  const tried: [string, string, number][] = [
    ['192.0.2.1', 'ada', 101],
    ['192.0.2.1', 'ada', 101],
    ['192.0.2.1', 'ada', 429],
    ['198.51.100.7, 192.0.2.1', 'ben', 101],
    ['192.0.2.1', 'eve', 429],
    ['192.0.2.2', 'eve', 101],
    ['192.0.2.3', 'dan', 503],
  ]
  const sockets: Socket[] = []
  for (const [address, client, expected] of tried) {
    const { status, socket } = await statusOf(
      url,
      { 'x-forwarded-for': address },
      `client=${client}`,
    )
    assert.equal(status, expected, `${address} ${client}`)
    sockets.push(socket)
  }
  sockets[0]?.close()
  await once(sockets[0] as Socket, 'close')
  const again = () => statusOf(url, { 'x-forwarded-for': '192.0.2.1' }, 'client=ada')
  for (;;) {
    const { status, socket } = await again()
    sockets.push(socket)
    if (status === 101) break
  }
  for (const socket of sockets) socket.terminate()
})

test('there is a limit for new connections in a second', async () => {
  const { url } = await start({ MAX_UPGRADES_PER_SECOND: '3' })
  const all = await Promise.all(Array.from({ length: 20 }, () => statusOf(url)))
  const statuses = all.map(({ status }) => status)
  assert.ok(statuses.includes(503) && statuses.filter((status) => status === 101).length >= 3)
  for (const { socket } of all) socket.terminate()
})

test('there is a limit for the subscriptions of a connection', async () => {
  const { app, url } = await start({ MAX_SUBSCRIPTIONS: '2' })
  app.hub.open('', {})
  const { socket } = await statusOf(url)
  const heard: { type: string; problem?: { status: number } }[] = []
  socket.on('message', (data) => heard.push(JSON.parse(`${data}`)))
  for (const [id, channel] of ['a', 'b', 'a', 'c'].entries())
    socket.send(JSON.stringify({ type: 'subscribe', id, channel }))
  while (!heard.some(({ problem }) => problem)) await once(socket, 'message')
  assert.deepEqual(
    heard.flatMap(({ type, problem }) => (type === 'welcome' ? [] : [problem?.status ?? type])),
    ['accepted', 'accepted', 'accepted', 429],
  )
  socket.close()
})

test('a token is asked for before the connection, lets read and publish what it lists, and expires', async () => {
  const limits = { HEARTBEAT_MS: `${HEARTBEAT}`, MAX_CONNECTIONS_PER_MEMBER: '1' }
  const { app, url } = await start({ AUTH_SECRET: SECRET, ...limits })
  for (const prefix of ['desk:', 'shop:'])
    app.hub.open(prefix, { publish: (_, data) => ({ type: 'test', data }) as never })
  const now = Math.floor(Date.now() / 1_000)
  const token = await new SignJWT({ sub: 'ada', read: ['shop:news'], publish: ['desk:*'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(now + 2)
    .sign(Buffer.from(SECRET))
  assert.equal((await statusOf(url)).status, 401)
  assert.equal((await statusOf(url, { authorization: 'Bearer x' })).status, 401)

  const socket = new Socket(wsOf(url), ['bearer', token])
  const heard: { id?: number; type: string; problem?: { status: number } }[] = []
  socket.on('message', (data) => heard.push(JSON.parse(`${data}`)))
  await once(socket, 'open')
  assert.equal(socket.protocol, 'bearer')
  const asked = [
    { type: 'subscribe', channel: 'shop:news' },
    { type: 'subscribe', channel: 'desk:1' },
    { type: 'presence', channel: 'desk:1' },
    { type: 'publish', channel: 'shop:news', data: {} },
    { type: 'publish', channel: 'desk:1', data: {} },
  ]
  for (const [id, message] of asked.entries()) socket.send(JSON.stringify({ id, ...message }))
  while (heard.at(-1)?.id !== 4) await once(socket, 'message')
  assert.deepEqual(
    heard.slice(1).map(({ type, problem }) => problem?.status ?? type),
    ['accepted', 403, 403, 403, 'accepted'],
  )
  const headers = { authorization: `Bearer ${token}` }
  // A browser is not told the status of an upgrade: it asks here.
  assert.equal((await fetch(`${url}/ws`)).status, 401)
  const known = await fetch(`${url}/ws`, { headers })
  assert.deepEqual([known.status, known.headers.get('upgrade')], [426, 'websocket'])
  const listen = () => fetch(`${url}/sse?channel=shop:news`, { headers })
  const stream = await listen()
  assert.equal((await listen()).status, 429)
  assert.equal((await fetch(stream.url, { method: 'HEAD', headers })).status, 405)
  const [code] = await once(socket, 'close')
  assert.equal(code, 4001)
  assert.match(await stream.text(), /event: restart\ndata: \{"wait":0\}\n\n$/)
})

test('who is gone before the token is checked is not counted', async () => {
  const { app, url } = await start({ AUTH_SECRET: SECRET, MAX_CONNECTIONS_PER_MEMBER: '1' })
  const token = await new SignJWT({ sub: 'ada' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1m')
    .sign(Buffer.from(SECRET))
  const authorization = `Bearer ${token}`
  const { access } = app
  const identify = access.identify.bind(access)
  const checked = new Promise((resolve) => {
    // As slow as an issuer may be with its keys.
    access.identify = async (...asked) => {
      const [, taken] = await upgrading
      taken.destroy()
      const who = await identify(...asked)
      setImmediate(resolve)
      return who
    }
  })
  const upgrading = once(app.server, 'upgrade')
  const wire = new Wire(url)
  wire.socket.write(upgrade('/ws', { authorization }))
  await checked
  access.identify = identify
  const { status, socket } = await statusOf(url, { authorization })
  assert.equal(status, 101)
  socket.terminate()
})

test('all counts settle when everyone is gone', async () => {
  app.hub.open('churn', { presence: true })
  const read = async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    const gauges = ['websocket_connections', 'realtime_subscriptions', 'realtime_readers_behind']
    return gauges.map((name) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]))
  }
  const before = await read()
  const all = await Promise.all(Array.from({ length: 50 }, () => statusOf(url)))
  for (const { socket } of all) {
    socket.send(JSON.stringify({ type: 'subscribe', id: 1, channel: 'churn' }))
    socket.terminate()
  }
  while (`${await read()}` !== `${before}`) await sleep(20)
})
