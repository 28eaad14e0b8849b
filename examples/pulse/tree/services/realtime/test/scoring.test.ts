import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { clientOf, ProblemError } from '#client/http'
import { checkOf, eventsOf, guardOf } from '#contract'
import * as models from '#contract/models'
import * as readings from '#contract/readings'
import type { Event } from '#contract/realtime'
import { operations } from '#operations'
import { featuresOf } from '../src/ml.ts'
import { Client } from './client.ts'
import { attributesOf, Collector, type Sent } from './collector.ts'
import { StandIn } from './ml.ts'
import { start } from './support.ts'

const ml = await StandIn.start()
const { url } = await start({ ML_URL: ml.url, SERVICE_TOKEN: 'secret' })
const service = clientOf<readings.Operations>(readings.operations, { base: url })
const client = await Client.connect(url)
await client.ask({ type: 'subscribe', channel: readings.channels.readings })
after(() => client.socket.close())

async function publish(value: number): Promise<string> {
  const { id } = await service.addReading({ body: { source: 'a', value } })
  return id
}

const isScoreEvent = guardOf('ScoreEvent')
const isScored = (event: Event) => event.type === 'score' && event.state === 'scored'

async function scoreOf(reading: string, state: string) {
  const { event } = await client.hears(
    'event',
    ({ event }) => event.type === 'score' && event.reading === reading && event.state === state,
  )
  assert.ok(isScoreEvent(event))
  return event
}

test('a reading is pending, then scored; its trace crosses both services', async () => {
  ml.behaviour = 'answer'
  const id = await publish(1)
  await scoreOf(id, 'pending')
  const { score, trace } = await scoreOf(id, 'scored')
  assert.deepEqual(score, { value: 1, model: 'm' })
  assert.deepEqual(
    trace.steps.map(({ step }) => step),
    ['receive', 'fan out', 'ask', 'validate', 'predict'],
  )
  assert.match(`${ml.headers.traceparent}`, new RegExp(`^00-${trace.id}-`))
  assert.equal(ml.headers.authorization, 'Bearer secret')
})

test('the call of the other service is a span of the trace of its reading', async () => {
  const collector = await Collector.start()
  const { url } = await start({
    ML_URL: ml.url,
    OTEL_BSP_SCHEDULE_DELAY: '10',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  })
  const { headers } = await fetch(`${url}${operations.get('addReading')?.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'traced', value: 1 }),
  })
  const call = () => collector.spans().find(({ kind }) => kind === 3)
  while (!call()) await setTimeout(10)
  const { traceId, spanId, parentSpanId, ...span } = call() as Sent
  assert.equal(headers.get('traceparent'), `00-${traceId}-${parentSpanId}-01`)
  assert.equal(ml.headers.traceparent, `00-${traceId}-${spanId}-01`)
  assert.equal(attributesOf(span)['server.port'], new URL(ml.url).port)
})

test('while the other service fails readings go on, and their scores come when it is back', async () => {
  ml.behaviour = 'fail'
  const one = await publish(2)
  await scoreOf(one, 'pending')
  await client.hears('event', ({ event }) => event.type === 'service' && event.state === 'down')
  // What breaks the contract is no answer.
  ml.behaviour = 'lie'
  const two = await publish(3)
  await setTimeout(1_500)
  assert.ok(!client.heard.some((heard) => heard.type === 'event' && isScored(heard.event)))
  ml.behaviour = 'answer'
  await Promise.all([scoreOf(one, 'scored'), scoreOf(two, 'scored')])
  await client.hears('event', ({ event }) => event.type === 'service' && event.state === 'up')
})

test('what is refused for good is not asked again', async () => {
  ml.behaviour = 'refuse'
  await scoreOf(await publish(4), 'failed')
  ml.behaviour = 'answer'
  await scoreOf(await publish(5), 'scored')
})

test('what the other service announces is heard once, by everyone, if it has the token', async () => {
  const { announce } = clientOf<models.Operations>(models.operations, { base: url })
  const quality = { metric: 'mae', value: 1, threshold: 2 }
  const body = { type: 'model', model: 'm2', quality, at: new Date().toISOString() } as const
  const headers = { authorization: 'Bearer secret' }
  for (const key of ['a', 'a', 'b'])
    await announce({ body: { ...body, model: key }, 'idempotency-key': key }, { headers })
  const isLast = (event: Event) => event.type === 'model' && event.model === 'b'
  assert.deepEqual(
    checkOf('ModelEvent')((await client.hears('event', ({ event }) => isLast(event))).event),
    [],
  )
  assert.equal(
    client.heard.filter((heard) => heard.type === 'event' && heard.event.type === 'model').length,
    1,
  )
  await assert.rejects(announce({ body, 'idempotency-key': 'c' }), ProblemError)
  // The same key is another one for another operation.
  const reading = { body: { source: 'a', value: 9 }, 'idempotency-key': 'b' }
  assert.equal((await service.addReading(reading)).value, 9)
})

test('everything was asked as the contract says', () => {
  assert.deepEqual(ml.wrong, [])
})

test('every documented event was heard', () => {
  assert.deepEqual(
    eventsOf('scores').filter((tag) => !Client.heard.has(`${tag}`)),
    [],
  )
})

test('features are what the contract says they are', () => {
  const at = '2026-01-04T23:30:00Z' // a Sunday
  const readings = [1, 2, 6].map((value) => ({ id: '', source: 'a', value, at }))
  assert.deepEqual(featuresOf(readings), { hour: 23, weekday: 6, last: 6, mean: 3, trend: 2.5 })
  assert.equal(featuresOf(readings.slice(2)).trend, 0)
})
