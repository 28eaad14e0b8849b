import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { clientOf } from '#client/http'
import { checkOf } from '#contract'
import { channels, type Message, type Operations, operations } from '#contract/chat'
import type { Member } from '#contract/realtime'
import { Client } from './client.ts'
import { ownDatabase } from './database.ts'
import { start } from './support.ts'

const { app, url } = await start(await ownDatabase())
const service = clientOf<Operations>(operations, { base: url })
const room = 'lobby'
const channelOf = (room: string) => channels.toRoom.replace('{room}', room)
const channel = channelOf(room)

test('what is said is heard by everyone in the room, and can be read up later', async () => {
  const [ada, ben] = [await Client.connect(url, 'Ada'), await Client.connect(url, 'Ben')]
  await ben.ask({ type: 'subscribe', channel })
  for (const text of ['one', 'two', 'three'])
    await ada.ask({ type: 'publish', channel, data: { text } })
  const { event } = await ben.hears('event')
  assert.deepEqual(checkOf('MessageEvent')(event), [])
  assert.ok(event.type === 'message')
  assert.equal(event.message.author, 'Ada')

  const texts = (messages: Message[]) => messages.map(({ text }) => text)
  const all = await service.listMessages({ room })
  assert.deepEqual(texts(all), ['one', 'two', 'three'])
  assert.deepEqual(
    texts(await service.listMessages({ room, limit: 1, before: all[2]?.id ?? '' })),
    ['two'],
  )
  assert.ok((await service.listRooms()).includes(room))
  for (const client of [ada, ben]) client.socket.close()
})

test('a token lists the rooms that it may read, and those alone', async () => {
  const AUTH_SECRET = 'x'.repeat(32)
  const { app, url } = await start({ ...(await ownDatabase()), AUTH_SECRET })
  for (const room of ['one', 'two'])
    await app.messages.add(room, { id: 'ada', name: 'Ada' }, 'Hello')
  const token = await new SignJWT({ sub: 'ada', read: [channelOf('one')] })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(AUTH_SECRET))
  const headers = { authorization: `Bearer ${token}` }
  assert.deepEqual(await clientOf<Operations>(operations, { base: url, headers }).listRooms(), [
    'one',
  ])
})

test('what someone says again with the same key is kept once', async () => {
  const [ada, ben] = ['Ada', 'Ben'].map((name) => ({ id: name, name })) as [Member, Member]
  const first = await app.messages.add('once', ada, 'Hello', 'k')
  assert.deepEqual(await app.messages.add('once', ada, 'Hello', 'k'), first)
  const others = [
    await app.messages.add('once', ben, 'Hello', 'k'),
    await app.messages.add('once', ada, 'Hello'),
    await app.messages.add('once', ada, 'Hello'),
  ]
  assert.deepEqual(await service.listMessages({ room: 'once' }), [first, ...others])
})

test('what cannot be said is refused and not kept', async () => {
  const client = await Client.connect(url)
  const before = await service.listMessages({ room })
  for (const data of [{}, { text: '' }, { text: 'x'.repeat(2_001) }, { text: 'a', author: 'Ada' }])
    assert.equal((await client.refused({ type: 'publish', channel, data })).status, 422)
  const unnamed = { type: 'publish', channel: channelOf(''), data: { text: 'a' } }
  assert.equal((await client.refused(unnamed)).status, 422)
  assert.deepEqual(await service.listMessages({ room }), before)
  client.socket.close()
})
