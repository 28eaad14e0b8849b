import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from './client.ts'
import { eventOf, numberOf, Reader } from './reader.ts'
import { start } from './support.ts'

const QUEUE = 32
const { app, url } = await start({
  QUEUE_MESSAGES: `${QUEUE}`,
  QUEUE_BYTES: `${1 << 26}`,
  HISTORY_BYTES: `${1 << 26}`,
  STALL_MS: '1000',
})
app.hub.open('drop:', { slow: 'drop', presence: true })
app.hub.open('cut:', { slow: 'disconnect' })

/** Publishes until somebody is behind, then so many more. */
async function flood(channel: string, more: number): Promise<number> {
  let n = 0
  const publish = async () => {
    await app.hub.publish(channel, eventOf(++n))
    await sleep(1)
  }
  while (app.hub.count.behind === 0) await publish()
  for (let left = more; left > 0; left--) await publish()
  return n
}

test('a reader that falls behind for a moment misses nothing', async () => {
  const reader = await Reader.on(url, 'cut:moment')
  reader.socket.pause()
  const last = await flood('cut:moment', QUEUE / 2)
  reader.socket.resume()
  await reader.hears((message) => numberOf(message) === last)
  const numbers = reader.heard.map(numberOf).filter((n) => n !== undefined)
  assert.deepEqual(
    numbers,
    Array.from({ length: last }, (_, index) => index + 1),
  )
  await settled()
  reader.socket.terminate()
})

test('one that falls too far behind is told of the gap, and goes on from there', async () => {
  const reader = await Reader.on(url, 'drop:gap')
  reader.socket.pause()
  const last = await flood('drop:gap', 4 * QUEUE)
  reader.socket.resume()
  await reader.hears((message) => numberOf(message) === last)
  const gap = reader.heard.find((message) => message.type === 'gap')
  assert.ok(gap?.type === 'gap')
  assert.ok(app.hub.count.dropped >= 3 * QUEUE)
  const at = reader.heard.indexOf(gap)
  const numbers = reader.heard
    .slice(at)
    .map(numberOf)
    .filter((n) => n !== undefined)
  assert.equal(numbers[0], gap.offset + 1)
  assert.deepEqual(
    numbers,
    Array.from({ length: last - gap.offset }, (_, index) => gap.offset + 1 + index),
  )
  await settled()
  reader.socket.terminate()
})

test('or it is disconnected, with a code that says that it may resume', async () => {
  const reader = await Reader.on(url, 'cut:far')
  const closed = once(reader.socket, 'close')
  reader.socket.pause()
  await flood('cut:far', 4 * QUEUE)
  reader.socket.resume()
  const [code] = await closed
  assert.equal(code, 4008)
  await settled()
})

test('one that reads nothing at all is cut off, while the others hear everything in order', async () => {
  const other = await Client.connect(url)
  await other.ask({ type: 'subscribe', channel: 'drop:stalled' })
  const reader = await Reader.on(url, 'drop:stalled')
  const { slow } = app.hub.count
  reader.socket.pause()
  const last = await flood('drop:stalled', QUEUE)
  for (let n = 1; n <= last; n++) assert.equal(numberOf(await other.hears('event')), n)
  while (app.hub.count.slow === slow) await sleep(20)
  await settled()
  reader.socket.terminate()
  other.socket.close()
})

test('who asks on and on without reading the answers is cut off', async () => {
  const { slow } = app.hub.count
  const reader = await Reader.on(url, 'drop:asking')
  reader.socket.pause()
  await flood('drop:asking', 1)
  const ask = JSON.stringify({ type: 'subscribe', id: 2, channel: 'drop:asking' })
  while (app.hub.count.slow === slow) {
    reader.socket.send(ask)
    await sleep(20)
  }
  reader.socket.terminate()
  await settled()
})

/** Nobody is behind any more. */
async function settled(): Promise<void> {
  while (app.hub.count.behind > 0) await sleep(10)
}
