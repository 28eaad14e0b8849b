import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Step } from '#contract/readings'
import type { Event } from '#contract/realtime'
import { bars, duration, Journeys } from '../src/journeys.ts'
import { readings } from '../src/readings.ts'

const at = (ms: number) => new Date(ms).toISOString()
const trace = (...steps: Step[]) => ({ id: '0'.repeat(32), steps })
const receive: Step = { service: 'realtime', step: 'receive', at: at(1_000), ms: 2 }
const predict: Step = { service: 'ml', step: 'predict', at: at(1_005), ms: 3 }

const measured = (id: string): Event => ({
  type: 'reading',
  reading: { id, source: 'a', value: 1, at: at(1_000) },
  trace: trace(receive),
})
const scored = (reading: string): Event => ({
  type: 'score',
  reading,
  state: 'scored',
  score: { value: 7, model: 'm' },
  trace: trace(receive, predict),
})

test('follows a reading from its measurement to its score', () => {
  const journeys = new Journeys()
  journeys.hear(measured('one'))
  assert.equal(journeys.list[0]?.state, 'pending')
  journeys.hear(scored('one'))
  assert.equal(journeys.list[0]?.state, 'scored')
  assert.equal(journeys.typical('python'), 3)
  assert.equal(readings.forecasts.get('one'), 7)
  assert.equal(journeys.model, 'm')
  const quality = { metric: 'mae', value: 1, threshold: 2 }
  journeys.hear({ type: 'model', model: 'next', quality, at: at(0) })
  assert.equal(journeys.model, 'next')
})

test('a score that is told again is counted once', () => {
  const journeys = new Journeys()
  journeys.hear(measured('one'), 0)
  journeys.hear(scored('one'), 1_000)
  journeys.hear(scored('one'), 15_000)
  journeys.hear({ type: 'score', reading: 'one', state: 'pending', trace: trace() })
  assert.equal(journeys.list[0]?.state, 'scored')
  assert.equal(journeys.rate('answered', 15_000), 0)
})

test('knows whether Python is up and how much waits for it', () => {
  const journeys = new Journeys()
  journeys.hear({ type: 'service', service: 'ml', state: 'down', pending: 4, at: at(0) })
  assert.equal(journeys.python, 'down')
  assert.equal(journeys.pending, 4)
  journeys.hear(scored('never heard of'))
  assert.equal(journeys.list.length, 0)
})

test('counts per second over the last ten seconds', () => {
  const journeys = new Journeys()
  for (let second = 0; second < 20; second++) journeys.hear(measured(`${second}`), second * 1_000)
  assert.equal(journeys.rate('heard', 19_000), 1)
  assert.equal(journeys.rate('answered', 19_000), 0)
})

test('lays the steps of a way side by side', () => {
  assert.equal(duration([receive, predict]), 8)
  assert.equal(duration([]), 0)
  const drawn = bars([receive, predict]).map(({ left, width }) => [left, width])
  assert.deepEqual(drawn, [
    [0, 0.25],
    [0.625, 0.375],
  ])
})
