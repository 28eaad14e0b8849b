import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientOf, ProblemError } from '#client/http'
import { checkOf } from '#contract'
import { type Operations, operations } from '#contract/publish'
import { Client } from './client.ts'
import { start } from './support.ts'

const { url } = await start()
const service = clientOf<Operations>(operations, { base: url })

test('what is published over HTTP is heard on the socket, and the other way round', async () => {
  const client = await Client.connect(url, 'Ada')
  await client.ask({ type: 'subscribe', channel: 'orders' })
  const position = await service.publish({ channel: 'orders', body: { order: 1 } })
  assert.deepEqual(checkOf('Position')(position), [])
  const { event } = await client.hears('event')
  assert.deepEqual(checkOf('CustomEvent')(event), [])
  assert.deepEqual(event.type === 'custom' && event.data, { order: 1 })
  await client.ask({ type: 'publish', channel: 'orders', data: { order: 2 } })
  await client.hears('event', ({ event }) => event.type === 'custom' && event.data.order === 2)
  const members = await service.listMembers({ channel: 'orders' })
  assert.deepEqual(
    members.map(({ name }) => name),
    ['Ada'],
  )
  client.socket.close()
})

test('a repetition with the same key is sent once', async () => {
  const publish = (key: string) =>
    service.publish({ channel: 'repeated', body: {}, 'idempotency-key': key })
  const first = await publish('a')
  assert.deepEqual(await publish('a'), first)
  assert.equal((await publish('b')).offset, first.offset + 1)
})

test('only objects are events', async () => {
  for (const body of [[], 'text', 1, null])
    await assert.rejects(service.publish({ channel: 'orders', body: body as never }), ProblemError)
})

test('a channel is called as the contract allows', async () => {
  const publish = (length: number) => service.publish({ channel: 'a'.repeat(length), body: {} })
  await publish(255)
  await assert.rejects(publish(256), ProblemError)
})
