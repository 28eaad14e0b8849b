import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
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
import { start } from './support.ts'

/** Where services/ml would be; the whole of both is tried by running both. */
let behaviour: 'answer' | 'fail' | 'lie' | 'refuse' = 'answer'
let asked: { headers: IncomingHttpHeaders } | undefined
/** What was asked in another way than the contract says. */
const wrong: unknown[] = []
const ml = createServer(async (request, response) => {
  asked = request
  let text = ''
  for await (const chunk of request) text += chunk
  const operation = [...operations.values()].find(
    ({ method, path }) => method === request.method && path === request.url,
  )
  wrong.push(...(operation?.body?.check(JSON.parse(text)) ?? [request.url]))
  const status = { answer: 200, fail: 500, lie: 200, refuse: 422 }[behaviour]
  response.writeHead(status, {
    'content-type': 'application/json',
    'server-timing': 'validate;dur=0.2, predict;dur=0.3',
  })
  const rows = JSON.parse(text).rows
  const score = rows ? { values: rows.map(() => 7), model: 'm' } : { value: 7, model: 'm' }
  response.end(JSON.stringify(behaviour === 'lie' ? { ...score, more: 1 } : score))
}).listen(0, '127.0.0.1')
await once(ml, 'listening')
after(() => ml.close())
const { port } = ml.address() as AddressInfo

const { url } = await start({ ML_URL: `http://127.0.0.1:${port}`, SERVICE_TOKEN: 'secret' })
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
  behaviour = 'answer'
  const id = await publish(1)
  await scoreOf(id, 'pending')
  const { score, trace } = await scoreOf(id, 'scored')
  assert.deepEqual(score, { value: 7, model: 'm' })
  assert.deepEqual(
    trace.steps.map(({ step }) => step),
    ['receive', 'fan out', 'ask', 'validate', 'predict'],
  )
  assert.match(`${asked?.headers.traceparent}`, new RegExp(`^00-${trace.id}-`))
  assert.equal(asked?.headers.authorization, 'Bearer secret')
})

test('the call of the other service is a span of the trace of its reading', async () => {
  const collector = await Collector.start()
  const { url } = await start({
    ML_URL: `http://127.0.0.1:${port}`,
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
  assert.equal(asked?.headers.traceparent, `00-${traceId}-${spanId}-01`)
  assert.equal(attributesOf(span)['server.port'], `${port}`)
})

test('while the other service fails readings go on, and their scores come when it is back', async () => {
  behaviour = 'fail'
  const one = await publish(2)
  await scoreOf(one, 'pending')
  await client.hears('event', ({ event }) => event.type === 'service' && event.state === 'down')
  // What breaks the contract is no answer.
  behaviour = 'lie'
  const two = await publish(3)
  await setTimeout(1_500)
  assert.ok(!client.heard.some((heard) => heard.type === 'event' && isScored(heard.event)))
  behaviour = 'answer'
  await Promise.all([scoreOf(one, 'scored'), scoreOf(two, 'scored')])
  await client.hears('event', ({ event }) => event.type === 'service' && event.state === 'up')
})

test('what is refused for good is not asked again', async () => {
  behaviour = 'refuse'
  await scoreOf(await publish(4), 'failed')
  behaviour = 'answer'
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
  assert.deepEqual(wrong, [])
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
