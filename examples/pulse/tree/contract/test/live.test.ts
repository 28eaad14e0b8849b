import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import type { Event } from '#contract/realtime'
import { ben, Line, listener, listening, turn } from './line.ts'

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
