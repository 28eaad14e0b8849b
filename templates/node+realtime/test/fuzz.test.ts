import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Event, ServerMessage } from '#contract/realtime'
import { Random } from './random.ts'
import { start } from './support.ts'
import { close, frame, text, upgrade, Wire } from './wire.ts'

const ROUNDS = 3
const CONNECTIONS = 200
const STEPS = 12
/** Bytes by which a round may end above the one before: noise of the collector, and of what is compiled meanwhile. */
const NOISE = 4 << 20

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const { app, url } = await start({ MAX_UPGRADES_PER_SECOND: '100000', PRESENCE_GRACE_MS: '0' })
app.hub.open('fuzz:', {
  presence: true,
  publish: (_, data) => ({ type: 'test', data }) as unknown as Event,
})
const faults: unknown[] = []
app.log.error = (fault: unknown) => faults.push(fault)

const CHANNELS = ['fuzz:a', 'fuzz:b', 'fuzz:__proto__', 'fuzz:👩‍👩‍👧‍👦', 'other', '__proto__', '']
const TYPES = [
  'subscribe',
  'subscribe',
  'publish',
  'publish',
  'unsubscribe',
  'presence',
  'ping',
  'dance',
]
const TOKENS = [
  '"',
  '{',
  '}',
  '[',
  ':',
  ',',
  '\\',
  '\\ud800',
  '\0',
  '-',
  '1e999',
  'null',
  '"__proto__":',
  'é',
  '9'.repeat(30),
]

/** One of all requests, most of them well formed. */
function message(random: Random): Record<string, unknown> {
  const type = random.of(TYPES)
  if (type === 'ping') return { type }
  const since = { epoch: random.of(['e', '', '__proto__']), offset: random.below(9) }
  return {
    type,
    id: random.below(1_000),
    channel: random.of(CHANNELS),
    ...(type === 'subscribe' && random.below(2) === 0 && { since }),
    ...(type === 'publish' && { data: { n: random.below(9) } }),
    ...(type === 'publish' && random.below(2) === 0 && { key: `${random.below(9)}` }),
  }
}

/** With a piece gone, said twice, or something else in its place. */
function spoil(random: Random, said: string): string {
  const [start, length] = [random.below(said.length), random.below(8)]
  const piece = said.slice(start, start + length)
  return (
    said.slice(0, start) +
    random.of(['', piece + piece, random.of(TOKENS)]) +
    said.slice(start + length)
  )
}

function bytes(random: Random): Buffer {
  const said = JSON.stringify(message(random))
  const kind = random.below(10)
  if (kind < 5) return text(said)
  if (kind < 8) return text(spoil(random, said))
  if (kind < 9)
    return frame(random.below(256), said.slice(0, random.below(140)), random.of([0, 16, 64]))
  const raw = text(said)
  for (let n = random.below(4); n >= 0; n--) raw[random.below(raw.length)] = random.below(256)
  return raw
}

/** A connection that does this and that, and ends in one of all ways. */
async function connection(random: Random): Promise<void> {
  const wire = new Wire(url)
  const { socket } = wire
  assert.deepEqual(await wire.statuses(upgrade()), [101])
  for (let step = random.below(STEPS); step > 0 && !socket.closed; step--)
    await random.of([
      () => socket.write(bytes(random)),
      () => socket.write(bytes(random)),
      () => socket.write(Buffer.concat([bytes(random), bytes(random), bytes(random)])),
      () => socket.write(bytes(random).subarray(0, random.below(20))),
      () => socket.pause(),
      () => socket.resume(),
      () => new Promise(setImmediate),
    ])()
  const closed = socket.closed || once(socket, 'close')
  random.of([
    () => socket.end(close(1000)),
    () => socket.end(bytes(random).subarray(0, 9)),
    () => socket.destroy(),
    () => socket.resetAndDestroy(),
  ])()
  socket.resume()
  await closed
  for (const [opcode, payload] of wire.frames())
    if (opcode === 1) {
      const answer: ServerMessage = JSON.parse(payload.toString())
      assert.ok(answer.type !== 'refused' || answer.problem.status < 500, payload.toString())
    }
}

const gauges = async () => {
  const names = [
    'websocket_connections',
    'realtime_subscriptions',
    'realtime_members',
    'realtime_readers_behind',
  ]
  const all = await app.metrics.getMetricsAsJSON()
  return names.map((name) => all.find((metric) => metric.name === name)?.values[0]?.value)
}
const sockets = () =>
  process.getActiveResourcesInfo().filter((kind) => /^TCPSocket/.test(kind)).length

test('whatever comes, nothing breaks, and nothing is left of it', async (t) => {
  const random = new Random(t)
  const [before, open] = [await gauges(), sockets()]
  const heap: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (let left = CONNECTIONS; left > 0; left -= 10)
      await Promise.all(Array.from({ length: 10 }, () => connection(random)))
    while (`${await gauges()}` !== `${before}` || sockets() > open) await sleep(20)
    collect()
    heap.push(process.memoryUsage().heapUsed)
  }
  t.diagnostic(`heap after each round: ${heap.join(', ')}`)
  assert.deepEqual(faults, [])
  assert.ok([...app.hub.channels].length < ROUNDS * CONNECTIONS)
  assert.ok((heap.at(-1) ?? 0) < (heap.at(-2) ?? 0) + NOISE)
  assert.deepEqual(Object.keys(Object.prototype), [])
})

test('there are only so many channels', async () => {
  const publish = (n: number) => app.hub.publish(`fuzz:${n}`, { type: 'test' } as unknown as Event)
  const all = await Promise.allSettled(Array.from({ length: 10_100 }, (_, n) => publish(n)))
  const refused = all.filter(({ status }) => status === 'rejected')
  assert.ok(refused.length >= 100)
  for (const one of refused) assert.equal((one as PromiseRejectedResult).reason.statusCode, 503)
  assert.ok([...app.hub.channels].length <= 10_000)
})
