import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { tagsOf } from '#contract'
import type { Event } from '#contract/realtime'
import { createApp } from '../src/app.ts'
import { ConfigError } from '../src/config.ts'
import { MemoryBroker } from '../src/realtime/broker.ts'
import type { Channel } from '../src/realtime/channel.ts'
import { Hub } from '../src/realtime/hub.ts'
import { readLimits } from '../src/realtime/limits.ts'
import { Client } from './client.ts'
import { start } from './support.ts'

const { app, url } = await start({ PRESENCE_GRACE_MS: '200' })
const { limits } = app.hub
// No area of the contract is needed to test what holds for all of them.
const eventOf = (data: unknown) => ({ type: 'test', data }) as unknown as Event
app.hub.open('open:', { presence: true, publish: (_, data) => eventOf(data) })
app.hub.open('read:', {})

const dataOf = async (client: Client) =>
  ((await client.hears('event')).event as unknown as { data: unknown }).data

test('what one publishes everyone hears, in order', async () => {
  const [ada, ben] = [await Client.connect(url), await Client.connect(url)]
  for (const client of [ada, ben]) await client.ask({ type: 'subscribe', channel: 'open:order' })
  const count = 50
  for (let n = 0; n < count; n++)
    void ada.ask({ type: 'publish', channel: 'open:order', data: { n } })
  for (let n = 0; n < count; n++) {
    const { offset, event } = await ben.hears('event')
    assert.deepEqual([offset, event], [n + 1, eventOf({ n })])
  }
  ada.socket.close()
  ben.socket.close()
})

test('who was away hears what was missed, or is told that it is not known any more', async () => {
  const client = await Client.connect(url)
  const { epoch, offset } = await client.ask({ type: 'subscribe', channel: 'read:resume' })
  client.socket.close()
  await app.hub.publish('read:resume', eventOf(1))
  await app.hub.publish('read:resume', eventOf(2))

  const again = await Client.connect(url)
  const subscribe = { type: 'subscribe', channel: 'read:resume' } as const
  const back = await again.ask({ ...subscribe, since: { epoch, offset } })
  assert.equal(back.recovered, true)
  assert.deepEqual([await dataOf(again), await dataOf(again)], [1, 2])
  for (const since of [
    { epoch: 'another', offset },
    { epoch, offset: 99 },
  ])
    assert.equal((await again.ask({ ...subscribe, since })).recovered, false)
  for (let n = 0; n < 300; n++) await app.hub.publish('read:resume', eventOf(n))
  assert.equal((await again.ask({ ...subscribe, since: { epoch, offset } })).recovered, false)
  again.socket.close()
})

test('a lost history is a gap, which everyone is told of', async () => {
  const client = await Client.connect(url)
  await client.ask({ type: 'subscribe', channel: 'open:lost' })
  const channel = [...app.hub.channels].find(({ name }) => name === 'open:lost')
  channel?.reset({ epoch: 'another', offset: 7, events: [] })
  for (const peer of channel?.peers ?? []) peer.gap?.(channel as Channel)
  const { epoch, offset, members } = await client.hears('gap')
  assert.deepEqual([epoch, offset, members?.length], ['another', 7, 1])
  client.socket.close()
})

test('a publish with a key takes effect once', async () => {
  const client = await Client.connect(url)
  const publish = { type: 'publish', channel: 'open:once', data: {}, key: 'k' } as const
  const first = await client.ask(publish)
  assert.equal((await client.ask(publish)).offset, first.offset)
  assert.notEqual((await client.ask({ ...publish, key: 'other' })).offset, first.offset)
  client.socket.close()
})

test('members see who is there, who comes and who goes', async () => {
  const [ada, ben] = [await Client.connect(url, 'Ada'), await Client.connect(url, 'Ben')]
  await ada.ask({ type: 'subscribe', channel: 'open:hall' })
  const { members } = await ben.ask({ type: 'subscribe', channel: 'open:hall' })
  assert.deepEqual(
    members?.map(({ name }) => name),
    ['Ada', 'Ben'],
  )
  assert.equal((await ada.hears('joined')).member.name, 'Ben')
  ben.socket.close()
  assert.equal((await ada.hears('left')).member.name, 'Ben')
  assert.equal((await ada.ask({ type: 'presence', channel: 'open:hall' })).members?.length, 1)
  ada.socket.close()
})

test('who comes back soon has not left, and has joined once with any number of connections', async () => {
  const channel = 'open:flapping'
  const ada = await Client.connect(url, 'Ada')
  await ada.ask({ type: 'subscribe', channel })
  const ben = async () => {
    const client = await Client.connect(url, 'Ben&client=secret')
    await client.ask({ type: 'subscribe', channel })
    return client
  }
  const [first, second] = [await ben(), await ben()]
  for (const { socket } of [first, second]) socket.close()
  await Promise.all([first.closed(), second.closed()])
  const third = await ben()
  await ada.ask({ type: 'presence', channel })
  const told = ada.heard.filter(({ type }) => type === 'joined' || type === 'left')
  assert.deepEqual(
    told.map((message) => message.type),
    ['joined'],
  )
  third.socket.close()
  assert.equal((await ada.hears('left')).member.name, 'Ben')
  ada.socket.close()
})

test('refuses with a reason, and the connection goes on', async () => {
  const client = await Client.connect(url)
  const refused = [
    [{ type: 'subscribe', channel: '' }, 422],
    [{ type: 'publish', channel: 'read:only', data: {} }, 403],
    [{ type: 'publish', channel: 'open:x', data: 'text' }, 422],
    [{ type: 'dance' }, 422],
  ] as const
  for (const [message, status] of refused)
    assert.equal((await client.refused(message)).status, status, JSON.stringify(message))
  client.say({ type: 'ping' })
  await client.hears('pong')
  client.socket.close()
})

test('there are no channels but those that were opened, and the longest beginning counts', async () => {
  const hub = new Hub(new MemoryBroker(), readLimits({}))
  assert.throws(() => hub.rule('room:1'), { statusCode: 404 })
  hub.open('room:', { presence: true })
  hub.open('', {})
  assert.equal(hub.rule('room:1').presence, true)
  assert.equal(hub.rule('other').presence, undefined)
  await hub.close()
})

test('a broker that cannot be meant is named before anything starts', async () => {
  for (const REDIS_URL of ['nonsense', 'http://127.0.0.1:6379'])
    await assert.rejects(
      createApp({ REDIS_URL, LOG_LEVEL: 'fatal', DATABASE: ':memory:' }),
      ConfigError,
    )
})

test('leaves a channel when it is asked to', async () => {
  const client = await Client.connect(url)
  await client.ask({ type: 'subscribe', channel: 'open:left' })
  await client.ask({ type: 'unsubscribe', channel: 'open:left' })
  assert.deepEqual(app.hub.members('open:left'), [])
  client.socket.close()
})

test('closes what it cannot understand, or what is too much, with a code that says why', async () => {
  const misdeeds: [number, (client: Client) => void][] = [
    [1007, (client) => client.say('{')],
    [1003, (client) => client.socket.send(new Uint8Array(1))],
    [1009, (client) => client.say('x'.repeat(limits.message + 1))],
    [
      4029,
      (client) => {
        for (let n = 0; n <= 5 * limits.burst; n++) client.say({ type: 'ping' })
      },
    ],
  ]
  for (const [code, misbehave] of misdeeds) {
    const client = await Client.connect(url)
    misbehave(client)
    assert.equal(await client.closed(), code)
  }
})

test('a page of another origin may not connect', async () => {
  const upgrade = (path: string, origin: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        origin,
      }
      request(`${url}${path}`, { headers })
        .on('response', (response) => resolve(response.statusCode))
        .on('upgrade', (response, socket) => {
          socket.destroy()
          resolve(response.statusCode)
        })
        .on('error', reject)
        .end()
    })
  assert.equal(await upgrade('/ws', 'http://elsewhere.example'), 403)
  assert.equal(await upgrade('/ws', 'nonsense'), 403)
  assert.equal(await upgrade('/other', url), 404)
  assert.equal(await upgrade('//', url), 404)
  assert.equal(await upgrade('/ws', url), 101)
})

test('server-sent events carry the same, and resume by the last id', async () => {
  await app.hub.publish('read:sse', eventOf('before'))
  const listen = async (
    headers: Record<string, string>,
    until: string,
    begun: () => unknown = () => {},
  ) => {
    const answer = await fetch(`${url}/sse?channel=read:sse`, { headers })
    assert.equal(answer.headers.get('content-type'), 'text/event-stream')
    const reader = answer.body?.getReader()
    const decoder = new TextDecoder()
    let text = decoder.decode((await reader?.read())?.value)
    begun()
    while (!text.includes(until)) text += decoder.decode((await reader?.read())?.value)
    await reader?.cancel()
    return text
  }
  const first = await listen({}, '"now"', () => app.hub.publish('read:sse', eventOf('now')))
  const id = /id: (\S+:2)\n/.exec(first)?.[1] ?? ''
  await app.hub.publish('read:sse', eventOf('missed'))
  assert.match(await listen({ 'last-event-id': id }, '"missed"'), /"recovered":true/)
  assert.equal((await fetch(`${url}/sse?channel=`)).status, 422)
})

test('a fault of our own is told as such, and nobody else is harmed', async () => {
  app.hub.open('broken:', {
    publish() {
      throw new Error('the disk is gone')
    },
  })
  const client = await Client.connect(url)
  const problem = await client.refused({ type: 'publish', channel: 'broken:x', data: {} })
  assert.deepEqual([problem.status, problem.detail], [500, undefined])
  client.say({ type: 'ping' })
  await client.hears('pong')
  client.socket.close()
})

test('a restart tells every client to come back', async () => {
  const { app, url } = await start()
  app.hub.open('', { publish: (_, data) => eventOf(data) })
  const client = await Client.connect(url)
  await client.ask({ type: 'subscribe', channel: 'last' })
  const publish = client.ask({ type: 'publish', channel: 'last', data: { n: 1 } })
  await publish
  const stream = await fetch(`${url}/sse?channel=last`)
  const closed = client.closed()
  await app.close()
  assert.equal(await closed, 1012)
  assert.match(await stream.text(), /event: restart\ndata: \{"wait":\d+\}\n\n$/)
  assert.ok((await client.hears('restart')).wait >= 0)
  await client.hears('event') // what had been accepted was sent before
})

test('every documented message was said, or heard', () => {
  const missing = (tags: unknown[], known: Set<string>) =>
    tags.filter((tag) => !known.has(`${tag}`))
  assert.deepEqual(missing(tagsOf('ClientMessage'), Client.said), [])
  assert.deepEqual(missing(tagsOf('ServerMessage'), Client.heard), [])
})
