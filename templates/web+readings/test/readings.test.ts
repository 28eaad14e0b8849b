import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Readings } from '../src/readings.ts'

const reading = (second: number, source = 'a') => ({
  id: `${source}-${second}`,
  source,
  value: second,
  at: new Date(second * 1000).toISOString(),
})

test('keeps readings once and in order of time, however they arrive', () => {
  const readings = new Readings()
  for (const second of [3, 1, 2, 3]) readings.add(reading(second))
  assert.deepEqual(readings.columns(['a'])[0], [1, 2, 3])
})

test('forgets the oldest readings and their forecasts', () => {
  const readings = new Readings()
  readings.forecasts.set('a-1', 1)
  for (let second = 1; second <= 700; second++) readings.add(reading(second))
  assert.equal(readings.list.length, 600)
  assert.equal(readings.list[0]?.id, 'a-101')
  assert.equal(readings.forecasts.size, 0)
})

test('draws a forecast where the next reading stands, the last one ahead of time', () => {
  const readings = new Readings()
  readings.add(reading(1))
  readings.add(reading(2, 'b'))
  readings.add(reading(4))
  readings.forecasts.set('a-1', 8)
  readings.forecasts.set('a-4', 9)
  assert.deepEqual(readings.sources(), ['a', 'b'])
  assert.deepEqual(readings.columns(['a', 'b']), [
    [1, 2, 4, 7],
    [1, null, 4, null],
    [null, null, 8, 9],
    [null, 2, null, null],
    [null, null, null, null],
  ])
})
