import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOf } from '#contract'
import type { Member } from '#contract/realtime'
import { Client } from './client.ts'
import { json, send, start } from './support.ts'

const { url } = await start()

test('what is published over HTTP is heard on the socket, and the other way round', async () => {
  const client = await Client.connect(url, 'Ada')
  await client.ask({ type: 'subscribe', channel: 'orders' })
  const answer = await send(`${url}/channels/orders/events`, 'POST', { order: 1 })
  assert.equal(answer.status, 202)
  assert.deepEqual(checkOf('Position')(await answer.json()), [])
  const { event } = await client.hears('event')
  assert.deepEqual(checkOf('CustomEvent')(event), [])
  assert.deepEqual(event.type === 'custom' && event.data, { order: 1 })
  await client.ask({ type: 'publish', channel: 'orders', data: { order: 2 } })
  await client.hears('event', ({ event }) => event.type === 'custom' && event.data.order === 2)
  const members = await json<Member[]>(fetch(`${url}/channels/orders/presence`))
  assert.deepEqual(
    members.map(({ name }) => name),
    ['Ada'],
  )
  client.socket.close()
})

test('only objects are events', async () => {
  for (const body of [[], 'text', 1, null])
    assert.ok((await send(`${url}/channels/orders/events`, 'POST', body)).status >= 400)
})
