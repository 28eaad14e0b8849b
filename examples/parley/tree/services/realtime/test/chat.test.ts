import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { clientOf } from '#client/http'
import { checkOf } from '#contract'
import { channels, type Message, type Operations, operations } from '#contract/chat'
import { Client } from './client.ts'
import { start } from './support.ts'

const { url } = await start({ CHAT_DATABASE: ':memory:' })
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
  assert.deepEqual(await service.listRooms(), [room])
  for (const client of [ada, ben]) client.socket.close()
})

test('a token lists the rooms that it may read, and those alone', async () => {
  const AUTH_SECRET = 'x'.repeat(32)
  const { app, url } = await start({ CHAT_DATABASE: ':memory:', AUTH_SECRET })
  for (const room of ['one', 'two']) await app.messages.add(room, 'Ada', 'Hello')
  const token = await new SignJWT({ sub: 'ada', read: [channelOf('one')] })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(AUTH_SECRET))
  const headers = { authorization: `Bearer ${token}` }
  assert.deepEqual(await clientOf<Operations>(operations, { base: url, headers }).listRooms(), [
    'one',
  ])
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
