import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createApp } from '../src/app.ts'
import { ConfigError } from '../src/config.ts'
import { newTrace, span } from '../src/telemetry.ts'
import { attributesOf, Collector } from './collector.ts'

const collector = await Collector.start()
const { url: ENDPOINT } = collector
const spans = () => collector.spans()

/** Runs a service; what it sent is all there when it has ended. */
async function during(env: Record<string, string>, work: (url: string) => Promise<unknown>) {
  collector.forget()
  const app = await createApp({ LOG_LEVEL: 'fatal', SIMULATION: 'off', OUTBOX: ':memory:', ...env })
  app.get('/broken', () =>
    span('inner', newTrace(undefined), () => Promise.reject(new TypeError())),
  )
  try {
    return await work(await app.listen({ host: '127.0.0.1', port: 0 }))
  } finally {
    await app.close()
  }
}

const ID = 'a'.repeat(32)
const CALLER = 'b'.repeat(16)
const ask = (url: string, flags = '01') =>
  fetch(url, { headers: { traceparent: `00-${ID}-${CALLER}-${flags}` } })

test('a request is a span between its caller and what it leads to', async () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${ENDPOINT}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20secret,x-more=1',
    OTEL_SERVICE_NAME: 'sample',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  }
  const told = await during(env, async (url) => {
    const { headers } = await ask(`${url}/docs/contract.json?token=secret`)
    return headers.get('traceparent')
  })
  const [sent, ...more] = spans()
  assert.ok(sent && more.length === 0)
  assert.equal(told, `00-${ID}-${sent.spanId}-01`)
  assert.deepEqual([sent.traceId, sent.parentSpanId, sent.kind], [ID, CALLER, 2])
  assert.equal(sent.name, 'GET /docs/contract.json')
  assert.deepEqual(attributesOf(sent), {
    'http.request.method': 'GET',
    'http.response.status_code': '200',
    'http.route': '/docs/contract.json',
    'url.path': '/docs/contract.json',
    'url.scheme': 'http',
  })
  assert.deepEqual(
    collector.parts().map(({ resource }) => attributesOf(resource)),
    [{ 'deployment.environment.name': 'test', 'service.name': 'sample' }],
  )
  assert.equal(collector.heard.url, '/v1/traces')
  assert.deepEqual(
    [collector.heard.headers?.['x-key'], collector.heard.headers?.['x-more']],
    ['a secret', '1'],
  )
})

test('a step has its parent, its result and its failure', async () => {
  await during({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/own` }, async () => {
    const trace = newTrace(`00-${ID}-${CALLER}-01`)
    const inner = await span('outer', trace, (step) => span('inner', step, async () => step.span))
    const [one, two] = [
      () => {
        throw new RangeError('secret')
      },
      () => Promise.reject('code'),
    ]
    assert.throws(() => span('throws', trace, one), RangeError)
    await assert.rejects(async () => span('rejects', trace, two))
    assert.ok(inner)
  })
  const [inner, outer, throws, rejects] = spans()
  assert.deepEqual([inner?.name, outer?.name], ['inner', 'outer'])
  assert.equal(inner?.parentSpanId, outer?.spanId)
  assert.deepEqual([inner?.kind, inner?.status], [1, undefined])
  assert.deepEqual(throws && attributesOf(throws), { 'error.type': 'RangeError' })
  assert.deepEqual(
    [rejects?.status, rejects && attributesOf(rejects)],
    [{ code: 2 }, { 'error.type': 'code' }],
  )
  assert.equal(collector.heard.url, '/own')
  assert.ok(!JSON.stringify(collector.bodies).includes('secret'))
})

test('what breaks is a failed span', async () => {
  await during({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }, (url) => ask(`${url}/broken`))
  const [broken] = spans().filter(({ kind }) => kind === 2)
  assert.deepEqual(broken?.status, { code: 2 })
})

test('only what is sampled is sent', async () => {
  const sent = async (env: Record<string, string>, flags?: string) => {
    await during({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, ...env }, (url) =>
      flags ? ask(`${url}/docs/contract.json`, flags) : fetch(`${url}/docs/contract.json`),
    )
    return spans().length
  }
  assert.equal(await sent({}), 1)
  assert.equal(await sent({}, '00'), 0)
  assert.equal(await sent({ OTEL_TRACES_SAMPLER: 'always_on' }, '00'), 1)
  assert.equal(await sent({ OTEL_TRACES_SAMPLER: 'always_off' }, '01'), 0)
  const ratio = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }
  assert.equal(await sent(ratio), 0)
  assert.equal(await sent(ratio, '01'), 1)
  assert.equal(await sent({ OTEL_SDK_DISABLED: 'true' }), 0)
})

test('about as many traces are sampled as are to be', async () => {
  const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }
  await during({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, ...env }, async () => {
    const flags = Array.from({ length: 4_000 }, () => newTrace(undefined).flags)
    const share = flags.filter((flag) => flag === '01').length / flags.length
    assert.ok(share > 0.2 && share < 0.3, `${share}`)
  })
})

test('nothing is sent while nobody says where to', async () => {
  await during({}, (url) => ask(`${url}/docs/contract.json`))
  assert.deepEqual([collector.bodies, collector.heard], [[], {}])
  const trace = newTrace(undefined)
  assert.equal(
    span('idle', trace, (step) => step),
    trace,
  )
})

test('a collector that is away takes neither answers nor memory, and gets what waits when it is back', async () => {
  const away = { OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }
  collector.status = 503
  await during(away, async (url) => {
    assert.equal((await ask(`${url}/docs/contract.json`)).status, 200)
    while (!collector.heard.url) await new Promise(setImmediate)
    for (let index = 0; index < 3_000; index++) span(`${index}`, newTrace(undefined), () => {})
    collector.status = 200
  })
  assert.deepEqual([spans().length, spans().at(-1)?.name], [2_048, '2999'])
  const dead = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
  await during(dead, async (url) => {
    assert.equal((await ask(`${url}/docs/contract.json`)).status, 200)
  })
})

test('a collector that never answers does not hold up the end', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  await during({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }, (url) =>
    ask(`${url}/docs/contract.json`),
  )
  silent.closeAllConnections()
  silent.close()
})

test('a variable that cannot be used is named, its secrets are not', async () => {
  const wrong = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere',
    OTEL_EXPORTER_OTLP_HEADERS: 'secret',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'some',
    OTEL_TRACES_SAMPLER_ARG: '2',
  }
  for (const [name, value] of Object.entries(wrong))
    await assert.rejects(
      createApp({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, [name]: value }),
      (error) =>
        error instanceof ConfigError &&
        error.message.startsWith(name) &&
        !error.message.includes('secret'),
    )
})
