import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from './client.ts'
import { attributesOf, Collector } from './collector.ts'
import { Process } from './process.ts'
import { eventOf, Reader } from './reader.ts'
import { start } from './support.ts'
import { upgrade, Wire } from './wire.ts'

/** All metrics whose name begins so, with their labels. */
async function metrics(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.matchAll(/^((?:realtime|websocket|http_streams)[^ ]*) (.+)$/gm)
  return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]))
}

test('every metric tells what happened', async () => {
  const { app, url } = await start({ QUEUE_MESSAGES: '16', HISTORY_MESSAGES: '8' })
  app.hub.open('seen', { slow: 'drop', presence: true })
  app.hub.open('cut', { slow: 'disconnect' })
  const publish = (n: number, channel = 'seen') =>
    app.hub.publish(channel, eventOf(n), `${channel}${n}`)
  const before = await metrics(url)
  const rise = async (expected: Record<string, number>) => {
    const now = await metrics(url)
    for (const [name, by] of Object.entries(expected))
      assert.equal((now[name] ?? 0) - (before[name] ?? 0), by, name)
    return now
  }
  const [ada, ben] = [await Client.connect(url, 'Ada'), await Client.connect(url, 'Ben')]
  for (const client of [ada, ben]) await client.ask({ type: 'subscribe', channel: 'seen' })
  const stream = await fetch(`${url}/sse?channel=seen`)
  const { offset } = await publish(1)
  await Promise.all([ada.hears('event'), ben.hears('event')])
  const { epoch = '' } = [...app.hub.channels].find(({ name }) => name === 'seen') ?? {}
  const open = await rise({
    websocket_connections: 2,
    http_streams: 1,
    realtime_channels: 1,
    realtime_subscriptions: 3,
    realtime_members: 2,
    realtime_readers_behind: 0,
    realtime_published_total: 1,
    realtime_delivered_total: 3,
    realtime_publish_seconds_count: 1,
    realtime_deliver_seconds_count: 1,
  })
  assert.ok((open.realtime_history_bytes ?? 0) > 60_000)
  await stream.body?.cancel()

  const back = await Reader.on(url, 'seen', { epoch, offset: offset - 1 })
  await back.hears(({ type }) => type === 'event')
  const late = await Reader.on(url, 'seen', { epoch: 'another', offset: 0 })
  let n = 1
  late.socket.pause()
  while (app.hub.count.behind === 0) await publish(++n).then(() => sleep(1))
  assert.equal((await metrics(url)).realtime_readers_behind, 1)
  for (let more = 0; more < 40; more++) await publish(++n)
  late.socket.resume()
  await late.hears(({ type }) => type === 'gap')
  const cut = await Reader.on(url, 'cut')
  cut.socket.pause()
  while (app.hub.count.slow === 0) await publish(++n, 'cut').then(() => sleep(1))
  cut.socket.resume()
  await once(cut.socket, 'close')
  for (const request of [upgrade('/nowhere'), upgrade('/ws', { 'sec-websocket-key': 'short' })]) {
    const wire = new Wire(url)
    wire.socket.write(request)
    await once(wire.socket, 'close')
  }
  ada.socket.close(1000)
  await ada.closed()
  const seen = await rise({
    realtime_published_total: n,
    realtime_recovered_total: 1,
    realtime_unrecovered_total: 1,
    realtime_gaps_total: 1,
    realtime_slow_closed_total: 1,
    'websocket_closed_total{code="4008"}': 1,
    'websocket_closed_total{code="1000"}': 1,
    'websocket_refused_total{status="404"}': 1,
    'websocket_refused_total{status="400"}': 1,
  })
  assert.ok((seen.realtime_dropped_total ?? 0) >= 24)
  for (const socket of [ben.socket, back.socket, late.socket]) socket.close()
})

test('what a connection asks for is a trace, if somebody collects them', async () => {
  const collector = await Collector.start()
  const { app, url } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '10',
  })
  app.hub.open('traced', {})
  const client = await Client.connect(url)
  await client.ask({ type: 'subscribe', channel: 'traced' })
  await client.refused({ type: 'publish', channel: 'traced', data: { text: 'secret' } })
  while (collector.spans().length < 2) await sleep(10)
  const [subscribe, publish] = collector.spans()
  assert.deepEqual([subscribe?.name, publish?.name], ['subscribe', 'publish'])
  assert.deepEqual([subscribe?.status, publish?.status], [undefined, { code: 2 }])
  assert.notEqual(subscribe?.traceId, publish?.traceId)
  for (const span of [subscribe, publish]) {
    const attributes = span && attributesOf(span)
    assert.equal(attributes?.['messaging.destination.name'], 'traced')
    assert.match(attributes?.['session.id'] ?? '', /^[0-9a-f-]{36}$/)
  }
  assert.ok(!JSON.stringify(collector.bodies).includes('secret'))
  client.socket.close()
})

test('the log ties a connection to its request and to what its client was told, and tells no secret', async () => {
  const service = new Process({ LOG_LEVEL: 'debug' })
  const url = (await service.url()).replace('http', 'ws')
  const id = 'c'.repeat(32)
  const wire = new Wire(url.replace('ws', 'http'))
  const traceparent = `00-${id}-${'d'.repeat(16)}-01`
  wire.socket.write(upgrade('/ws?client=secret', { traceparent, host: 'localhost' }))
  const [, session] = await service.says(/"session":"([0-9a-f-]{36})"/)
  wire.socket.destroy()
  await service.says(/disconnected/)
  const lines = service.lines().filter((line) => line.session)
  assert.deepEqual(
    lines.map(({ message, session, trace, code }) => ({ message, session, trace, code })),
    [
      { message: 'connected', session, trace: id, code: undefined },
      { message: 'disconnected', session, trace: undefined, code: 1006 },
    ],
  )
  assert.ok(!service.out.includes('secret'))
  service.child.kill('SIGKILL')
})
