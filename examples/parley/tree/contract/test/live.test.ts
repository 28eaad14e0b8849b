import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import type { ClientMessage, Event, ServerMessage } from '#contract/realtime'
import { backoff } from '../client/http.ts'
import { Live } from '../client/live.ts'

/** Stands where the browser's WebSocket would; the test plays the service. */
class Line {
  static last: Line
  sent: ClientMessage[] = []
  onmessage: (message: { data: string }) => void = () => {}
  onclose: (close: { code: number; reason: string }) => void = () => {}
  constructor() {
    Line.last = this
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {}
  say(message: ServerMessage) {
    this.onmessage({ data: JSON.stringify(message) })
  }
  welcome() {
    this.say({ type: 'welcome', session: 's', heartbeat: 25_000, maxBytes: 65_536 })
  }
  accept(offset: number, recovered = false) {
    const id = this.sent.findLast(({ type }) => type === 'subscribe') as { id: number }
    this.say({ type: 'accepted', id: id.id, channel: 'c', epoch: 'e', offset, recovered })
  }
  deliver(offset: number) {
    this.say({
      type: 'event',
      channel: 'c',
      epoch: 'e',
      offset,
      event: { n: offset } as unknown as Event,
    })
  }
}

beforeEach(() => {
  globalThis.WebSocket = Line as unknown as typeof WebSocket
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
})

/** A page that listens on channel c, with the service at offset 5. */
function listening() {
  const heard: unknown[] = []
  const live = new Live(() => 'ws://service')
  live.subscribe('c', { event: (event) => heard.push((event as unknown as { n: number }).n) })
  live.connect()
  Line.last.welcome()
  Line.last.accept(5)
  return { live, heard }
}

test('waits longer after every failure, up to half a minute, spread evenly', () => {
  assert.equal(
    backoff(0, () => 1),
    500,
  )
  assert.equal(
    backoff(3, () => 0.5),
    2_000,
  )
  assert.equal(
    backoff(20, () => 1),
    30_000,
  )
  assert.equal(
    backoff(20, () => 0),
    0,
  )
})

test('subscribes again from where it was and drops what it already has', () => {
  const { live, heard } = listening()
  Line.last.deliver(6)
  Line.last.onclose({ code: 1006, reason: '' })
  assert.equal(live.state.name, 'waiting')

  const first = Line.last
  mock.timers.tick(500)
  assert.notEqual(Line.last, first)
  Line.last.welcome()
  const [again] = Line.last.sent
  assert.deepEqual(again?.type === 'subscribe' && again.since, { epoch: 'e', offset: 6 })
  Line.last.accept(8, true)
  for (const offset of [6, 7, 8]) Line.last.deliver(offset)
  assert.deepEqual(heard, [6, 7, 8])
})

test('asks again, once, when an event is missing', () => {
  const { heard } = listening()
  for (const offset of [6, 9, 10]) Line.last.deliver(offset)
  assert.deepEqual(heard, [6])
  assert.equal(Line.last.sent.length, 2)
  Line.last.accept(10, true)
  for (const offset of [7, 8, 9, 10]) Line.last.deliver(offset)
  assert.deepEqual(heard, [6, 7, 8, 9, 10])
})

test('repeats what was published, with the same key, until it is accepted', async () => {
  const { live } = listening()
  const answer = live.publish('c', { text: 'hello' })
  const sent = Line.last.sent.at(-1)
  Line.last.onclose({ code: 1012, reason: '' })
  mock.timers.tick(5_000)
  Line.last.welcome()
  assert.deepEqual(Line.last.sent.at(-1), sent)
  Line.last.say({ type: 'accepted', id: sent && 'id' in sent ? sent.id : 0 })
  await answer
})

test('gives up a silent line, but not one that answers', () => {
  listening()
  const first = Line.last
  mock.timers.tick(25_000)
  first.say({ type: 'pong' })
  mock.timers.tick(25_000)
  assert.equal(Line.last, first)
  mock.timers.tick(25_000)
  mock.timers.tick(25_000)
  assert.notEqual(Line.last, first)
})

test('does not knock again where it is not allowed in', () => {
  const { live } = listening()
  Line.last.onclose({ code: 4003, reason: 'not for you' })
  assert.deepEqual(live.state, { name: 'refused', reason: 'not for you' })
  live.wake()
  mock.timers.tick(60_000)
  assert.deepEqual(live.state, { name: 'refused', reason: 'not for you' })
})

test('what the service would not take is refused here, and the connection goes on', async () => {
  const { live } = listening()
  const long = live.publish('c', { text: 'ä'.repeat(40_000) })
  await assert.rejects(long, { message: 'The message is too long.' })
  assert.equal(live.state.name, 'online')
  assert.ok(!Line.last.sent.some(({ type }) => type === 'publish'))
})

test('what was under way is refused when the connection is', async () => {
  const { live } = listening()
  const said = live.publish('c', { text: 'hello' })
  Line.last.onclose({ code: 4003, reason: 'Not you.' })
  await assert.rejects(said, { message: 'Not you.' })
})
