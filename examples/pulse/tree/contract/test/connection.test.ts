import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { backoff } from '../client/http.ts'
import { Live } from '../client/live.ts'
import { Line, listening, turn } from './line.ts'

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

test('does not knock again where it is not allowed in', () => {
  const { live } = listening()
  Line.last.break(4003, 'not for you')
  assert.deepEqual(live.state, { name: 'refused', reason: 'not for you' })
  live.wake()
  mock.timers.tick(60_000)
  assert.deepEqual(live.state, { name: 'refused', reason: 'not for you' })
})
