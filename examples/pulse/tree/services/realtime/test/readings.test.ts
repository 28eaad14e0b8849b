import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen } from '#client/events'
import { clientOf, ProblemError } from '#client/http'
import { checkOf, guardOf } from '#contract'
import { channels, type NewReading, type Operations, operations } from '#contract/readings'
import { simulate } from '../src/simulation.ts'
import { Client } from './client.ts'
import { start } from './support.ts'

const { app, url } = await start()
const isReadingEvent = guardOf('ReadingEvent')
const service = clientOf<Operations>(operations, { base: url })

test('a reading reaches everyone who listens, with the trace of its sender', async () => {
  const client = await Client.connect(url)
  await client.ask({ type: 'subscribe', channel: channels.readings })
  const id = 'c'.repeat(32)
  const headers = { traceparent: `00-${id}-${'1'.repeat(16)}-01` }
  const reading = await service.addReading({ body: { source: 'a', value: 1.5 } }, { headers })
  const delivery = await client.hears('event', ({ event }) => event.type === 'reading')
  assert.deepEqual(checkOf('ServerMessage')(delivery), [])
  const { event } = delivery
  assert.ok(event.type === 'reading')
  assert.deepEqual(event.reading, reading)
  assert.equal(event.trace.id, id)
  client.socket.close()
})

test('server-sent events bring the same', async () => {
  const controller = new AbortController()
  const { signal } = controller
  const accepted = () => void service.addReading({ body: { source: 'sse', value: 7 } })
  for await (const { event } of listen(channels.readings, { base: url, signal, accepted })) {
    if (!isReadingEvent(event) || event.reading.source !== 'sse') continue // others are told of, too
    assert.equal(event.reading.value, 7)
    break
  }
  controller.abort()
})

test('the newest are listed, oldest first', async () => {
  for (const value of [1, 2, 3]) await service.addReading({ body: { source: 'b', value } })
  const listed = await service.listReadings({ limit: 2 })
  assert.deepEqual(
    listed.map(({ value }) => value),
    [2, 3],
  )
})

test('a reading with the key of one before is that one', async () => {
  const input = { body: { source: 'c', value: 1 }, 'idempotency-key': 'once' }
  const first = await service.addReading(input)
  assert.deepEqual(await service.addReading(input), first)
  assert.equal(app.readings.latest(10, 'c').length, 1)
})

test('what is no reading is refused, place by place', async () => {
  const body = { source: 'a', value: '1' } as unknown as NewReading
  await assert.rejects(service.addReading({ body }), (error) => {
    assert.ok(error instanceof ProblemError)
    assert.deepEqual(
      error.problem.errors?.map(({ path }) => path),
      ['/value'],
    )
    return true
  })
})

test('the sample readings keep to the contract', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const stop = simulate(app.readings)
  context.mock.timers.tick(5_000)
  stop()
  for (const reading of app.readings.latest(5)) assert.deepEqual(checkOf('Reading')(reading), [])
})
