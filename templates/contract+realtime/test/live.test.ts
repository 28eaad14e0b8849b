import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import type { ClientMessage, Event, ServerMessage } from '#contract/realtime'
import { backoff } from '../client/http.ts'
import { Live } from '../client/live.ts'

const ada = { id: 'a', name: 'Ada' }
const ben = { id: 'b', name: 'Ben' }

/** Stands where the browser's WebSocket would; the test plays the service. */
class Line {
  static last: Line
  static count = 0
  readonly protocols: string[]
  sent: ClientMessage[] = []
  onmessage: (message: { data: string }) => void = () => {}
  onclose: (close: { code: number; reason: string }) => void = () => {}
  constructor(_: string, protocols: string[]) {
    this.protocols = protocols
    Line.last = this
    Line.count++
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {}
  say(message: ServerMessage) {
    this.onmessage({ data: JSON.stringify(message) })
  }
  break(code = 1006, reason = '') {
    this.onclose({ code, reason })
  }
  welcome() {
    this.say({ type: 'welcome', session: `${Line.count}`, heartbeat: 25_000, maxBytes: 65_536 })
  }
  /** The id of the newest request of that kind. */
  asked(kind: ClientMessage['type']): number {
    const asked = this.sent.findLast(({ type }) => type === kind)
    return asked && 'id' in asked ? asked.id : 0
  }
  accept(offset: number, recovered = false, members = [ada]) {
    const id = this.asked('subscribe')
    this.say({ type: 'accepted', id, channel: 'c', epoch: 'e', offset, recovered, members })
  }
  refuse(kind: ClientMessage['type'], status: number) {
    const problem = { type: 'about:blank', title: 'Not now.', status }
    this.say({ type: 'refused', id: this.asked(kind), problem })
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
  const live = new Live({ url: () => 'ws://service' })
  const { heard, leave } = listener(live)
  live.connect()
  Line.last.welcome()
  Line.last.accept(5)
  return { live, heard, leave }
}

/** Keeps the numbers of the events, and who is there whenever a fresh look is needed. */
function listener(live: Live) {
  const heard: unknown[] = []
  const leave = live.subscribe('c', {
    event: (event) => heard.push((event as unknown as { n: number }).n),
    accepted({ recovered, members }) {
      if (!recovered) heard.push(`look: ${members.map(({ name }) => name)}`)
    },
    refused: (reason) => heard.push(reason),
  })
  return { heard, leave }
}

/** Lets a promise have its turn. */
const turn = () => new Promise(setImmediate)

/** Lets so much time pass; whether another connection was tried. */
function tries(ms: number): boolean {
  const { count } = Line
  mock.timers.tick(ms)
  return Line.count > count
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
  Line.last.break()
  assert.equal(live.state.name, 'waiting')

  const first = Line.last
  mock.timers.tick(500)
  assert.notEqual(Line.last, first)
  Line.last.welcome()
  const [again] = Line.last.sent
  assert.deepEqual(again?.type === 'subscribe' && again.since, { epoch: 'e', offset: 6 })
  Line.last.accept(8, true)
  for (const offset of [6, 7, 8]) Line.last.deliver(offset)
  assert.deepEqual(heard, ['look: Ada', 6, 7, 8])
})

test('asks again, once, when an event is missing', () => {
  const { heard } = listening()
  for (const offset of [6, 9, 10]) Line.last.deliver(offset)
  assert.deepEqual(heard, ['look: Ada', 6])
  assert.equal(Line.last.sent.length, 2)
  Line.last.accept(10, true)
  for (const offset of [7, 8, 9, 10]) Line.last.deliver(offset)
  assert.deepEqual(heard, ['look: Ada', 6, 7, 8, 9, 10])
})

test('repeats what was published, with the same key, until it is accepted', async () => {
  const { live } = listening()
  const answer = live.publish('c', { text: 'hello' })
  const sent = Line.last.sent.at(-1)
  Line.last.break(1012)
  mock.timers.tick(5_000)
  Line.last.welcome()
  assert.deepEqual(Line.last.sent.at(-1), sent)
  Line.last.say({ type: 'accepted', id: sent && 'id' in sent ? sent.id : 0 })
  await answer
})

test('gives up a silent line, but not one that answers', () => {
  listening()
  mock.timers.tick(25_000)
  Line.last.say({ type: 'pong' })
  assert.equal(tries(10_000), false)
  assert.equal(tries(25_000), false)
  assert.equal(Line.last.sent.at(-1)?.type, 'ping')
  assert.equal(tries(10_000), true)
})

test('an attempt without an answer is given up, and the next one waits', () => {
  const { live } = listening()
  live.connect()
  assert.equal(tries(9_999), false)
  assert.equal(live.state.name, 'connecting')
  mock.timers.tick(1)
  assert.equal(live.state.name, 'waiting')
  assert.equal(tries(500), true)
})

test('back from sleep, it tries the line at once and gives it three seconds', () => {
  const { live } = listening()
  live.wake()
  assert.equal(Line.last.sent.at(-1)?.type, 'ping')
  Line.last.say({ type: 'pong' })
  assert.equal(tries(3_000), false)
  live.wake()
  assert.equal(tries(2_999), false)
  assert.equal(tries(1), true)
})

test('without a network it rests, and is there at once when it is woken', () => {
  const { live, heard } = listening()
  const old = Line.last
  live.rest()
  assert.equal(live.state.name, 'offline')
  old.break()
  old.deliver(6)
  assert.equal(tries(600_000), false)
  assert.deepEqual([live.state.name, heard], ['offline', ['look: Ada']])
  live.wake()
  assert.notEqual(Line.last, old)
})

test('comes back exactly when a restart says so, and a little spread without that', () => {
  const { live } = listening()
  Line.last.say({ type: 'restart', wait: 7_000 })
  assert.equal(live.state.name, 'online')
  Line.last.break(1012)
  assert.equal(tries(6_999), false)
  assert.equal(tries(1), true)
  Line.last.welcome()
  Line.last.break(1012)
  assert.equal(tries(5_000), true)
})

test('comes back soon when it was too slow, and not so soon when it said too much', () => {
  listening()
  Line.last.break(4008)
  assert.equal(tries(500), true)
  Line.last.welcome()
  assert.deepEqual(Line.last.sent[0]?.type, 'subscribe')
  Line.last.break(4029)
  assert.equal(tries(4_999), false)
  assert.equal(tries(1_001), true)
})

test('is ever slower where it is closed soon after it is welcome', (t) => {
  t.mock.method(Math, 'random', () => 1)
  listening()
  for (const wait of [500, 1_000, 2_000, 4_000]) {
    mock.timers.tick(10_000)
    Line.last.break()
    assert.equal(tries(wait - 1), false)
    assert.equal(tries(1), true)
    Line.last.welcome()
  }
  mock.timers.tick(10_001)
  Line.last.break()
  assert.equal(tries(500), true)
})

test('tells who comes, and asks once for a new token', async () => {
  const tokens = ['old', 'new', 'newer', 'newest']
  const live = new Live({ url: () => 'ws://service', token: async () => tokens.shift() })
  live.connect()
  await turn()
  assert.deepEqual(Line.last.protocols, ['bearer', 'old'])
  Line.last.welcome()
  for (const token of ['new', 'newer']) {
    Line.last.break(4001, 'It has expired.')
    mock.timers.tick(1_000)
    await turn()
    assert.deepEqual(Line.last.protocols, ['bearer', token])
    if (token === 'new') Line.last.welcome()
  }
  Line.last.break(4001, 'It has expired.')
  assert.deepEqual(live.state, { name: 'refused', reason: 'It has expired.' })
})

test('asks over HTTP why it was not let in, as a browser is not told', async (t) => {
  const asked: unknown[] = []
  let status = 503
  t.mock.method(globalThis, 'fetch', async (url: string, { headers }: RequestInit) => {
    asked.push([url, headers])
    return new Response('', { status })
  })
  const live = new Live({ url: () => 'ws://service/ws', token: () => 'mine' })
  live.connect()
  await turn()
  const refuse = async () => {
    Line.last.break()
    await turn()
  }
  await refuse()
  assert.equal(live.state.name, 'waiting')
  status = 401
  for (const expected of ['waiting', 'refused']) {
    mock.timers.tick(5_000)
    await turn()
    await refuse()
    assert.equal(live.state.name, expected)
  }
  assert.deepEqual(asked, Array(3).fill(['http://service/ws', { authorization: 'Bearer mine' }]))
})

test('a token that cannot be had now is asked for again', async () => {
  let asked = 0
  const token = async () => {
    if (asked++ === 0) throw new Error('no network')
    return 'late'
  }
  const live = new Live({ url: () => 'ws://service', token })
  live.connect()
  await turn()
  assert.equal(live.state.name, 'waiting')
  mock.timers.tick(500)
  await turn()
  assert.deepEqual(Line.last.protocols, ['bearer', 'late'])
})

test('after a gap everyone takes a fresh look, and goes on from there', () => {
  const { heard } = listening()
  Line.last.say({ type: 'gap', channel: 'c', epoch: 'f', offset: 40, members: [ben] })
  Line.last.say({ type: 'event', channel: 'c', epoch: 'f', offset: 41, event: {} as Event })
  Line.last.break()
  mock.timers.tick(500)
  Line.last.welcome()
  const [again] = Line.last.sent
  assert.deepEqual(again?.type === 'subscribe' && again.since, { epoch: 'f', offset: 41 })
  assert.deepEqual(heard.slice(0, 2), ['look: Ada', 'look: Ben'])
})

test('what is refused for the moment is asked again, with the same key', async () => {
  const { live, heard } = listening()
  const said = live.publish('c', { text: 'hello' })
  const first = Line.last.sent.at(-1)
  Line.last.refuse('publish', 429)
  mock.timers.tick(500)
  assert.deepEqual(Line.last.sent.at(-1), first)
  assert.equal(Line.last.sent.length, 3)
  Line.last.say({ type: 'accepted', id: Line.last.asked('publish') })
  await said

  live.subscribe('d', { event() {}, refused: (reason) => heard.push(reason) })
  const { length } = Line.last.sent
  Line.last.refuse('subscribe', 503)
  mock.timers.tick(500)
  assert.equal(Line.last.sent.length, length + 1)
  Line.last.refuse('subscribe', 403)
  mock.timers.tick(60_000)
  assert.equal(Line.last.sent.filter(({ type }) => type === 'subscribe').length, 3)
  assert.deepEqual(heard, ['look: Ada', 'Not now.'])
})

test('what is refused for the moment is asked once on a new connection', () => {
  const { live } = listening()
  void live.publish('c', { text: 'hello' })
  Line.last.refuse('publish', 429)
  live.connect()
  Line.last.welcome()
  mock.timers.tick(500)
  assert.equal(Line.last.sent.filter(({ type }) => type === 'publish').length, 1)
})

test('whoever comes late learns how the channel stands', async () => {
  const { live } = listening()
  Line.last.say({ type: 'joined', channel: 'c', member: ben })
  const { heard, leave } = listener(live)
  const gone = listener(live)
  gone.leave()
  await turn()
  assert.deepEqual([heard, gone.heard], [['look: Ada,Ben'], []])
  assert.equal(Line.last.sent.length, 1)
  leave()
  Line.last.deliver(6)
  assert.deepEqual(heard, ['look: Ada,Ben'])
})

test('leaving and coming back while a request is under way, only the newest answer counts', () => {
  const { live, leave } = listening()
  leave()
  const second = listener(live)
  const old = Line.last.asked('subscribe')
  second.leave()
  const third = listener(live)
  second.leave()
  Line.last.say({ type: 'accepted', id: old, channel: 'c', epoch: 'e', offset: 5 })
  Line.last.deliver(6)
  assert.deepEqual([second.heard, third.heard], [[], []])
  Line.last.accept(6)
  Line.last.deliver(7)
  assert.deepEqual([second.heard, third.heard], [[], ['look: Ada', 7]])
})

test('only so much may wait to be sent', async () => {
  const { live } = listening()
  const full = { message: 'Too much is waiting to be sent. Try again later.' }
  live.rest()
  const waiting = Array.from({ length: 50 }, () => live.publish('c', {}))
  await assert.rejects(live.publish('c', {}), full)
  live.wake()
  Line.last.welcome()
  for (const message of Line.last.sent)
    if (message.type === 'publish') Line.last.say({ type: 'accepted', id: message.id })
  await Promise.all(waiting)
  void live.publish('c', { text: 'a' })
  await assert.rejects(live.publish('c', { text: 'a'.repeat(1 << 18) }), full)
})

test('does not knock again where it is not allowed in', () => {
  const { live } = listening()
  Line.last.break(4003, 'not for you')
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
  Line.last.break(4003, 'Not you.')
  await assert.rejects(said, { message: 'Not you.' })
})
