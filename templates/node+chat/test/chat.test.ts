import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOf } from '#contract'
import type { Message } from '#contract/chat'
import { Client } from './client.ts'
import { json, start } from './support.ts'

const { url } = await start({ CHAT_DATABASE: ':memory:' })
const channel = 'room:lobby'
const history = (query = '') => json<Message[]>(fetch(`${url}/rooms/lobby/messages${query}`))

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
  const all = await history()
  assert.deepEqual(texts(all), ['one', 'two', 'three'])
  assert.deepEqual(texts(await history(`?limit=1&before=${all[2]?.id}`)), ['two'])
  assert.deepEqual(await json(fetch(`${url}/rooms`)), ['lobby'])
  for (const client of [ada, ben]) client.socket.close()
})

test('what cannot be said is refused and not kept', async () => {
  const client = await Client.connect(url)
  const before = await history()
  for (const data of [{}, { text: '' }, { text: 'x'.repeat(2_001) }, { text: 'a', author: 'Ada' }])
    assert.equal((await client.refused({ type: 'publish', channel, data })).status, 422)
  const unnamed = { type: 'publish', channel: 'room:', data: { text: 'a' } }
  assert.equal((await client.refused(unnamed)).status, 422)
  assert.deepEqual(await history(), before)
  client.socket.close()
})
