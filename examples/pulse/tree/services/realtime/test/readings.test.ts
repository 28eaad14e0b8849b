import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOf } from '#contract'
import type { Problem } from '#contract/common'
import type { Reading } from '#contract/readings'
import { simulate } from '../src/simulation.ts'
import { Client } from './client.ts'
import { json, send, start } from './support.ts'

const { app, url } = await start()

test('a reading reaches everyone who listens, with the trace of its sender', async () => {
  const client = await Client.connect(url)
  await client.ask({ type: 'subscribe', channel: 'readings' })
  const id = 'c'.repeat(32)
  const headers = { traceparent: `00-${id}-${'1'.repeat(16)}-01` }
  const answer = await send(`${url}/readings`, 'POST', { source: 'a', value: 1.5 }, headers)
  assert.equal(answer.status, 202)
  const reading = await json<Reading>(answer)
  const delivery = await client.hears('event', ({ event }) => event.type === 'reading')
  assert.deepEqual(checkOf('ServerMessage')(delivery), [])
  const { event } = delivery
  assert.ok(event.type === 'reading')
  assert.deepEqual(event.reading, reading)
  assert.equal(event.trace.id, id)
  client.socket.close()
})

test('the newest are listed, oldest first', async () => {
  for (const value of [1, 2, 3]) await send(`${url}/readings`, 'POST', { source: 'b', value })
  const listed = await json<Reading[]>(fetch(`${url}/readings?limit=2`))
  assert.deepEqual(
    listed.map(({ value }) => value),
    [2, 3],
  )
})

test('what is no reading is refused, place by place', async () => {
  const answer = await send(`${url}/readings`, 'POST', { source: 'a', value: '1' })
  const { errors } = await json<Problem>(answer)
  assert.deepEqual(
    errors?.map(({ path }) => path),
    ['/value'],
  )
  assert.equal((await fetch(`${url}/readings?limit=0`)).status, 422)
})

test('the sample readings keep to the contract', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const stop = simulate(app.readings)
  context.mock.timers.tick(5_000)
  stop()
  for (const reading of app.readings.latest(5)) assert.deepEqual(checkOf('Reading')(reading), [])
})
