/** Asks the model for a row, and for the same row at every hour; shows the model in service. */
import { h, panel } from '../panel.js'
import { $, attempt, call, pathOf } from '../service.js'

const ERROR = 'forecast-error'
const FIELDS = [
  ['last', 'Last value', { value: 50, step: 'any' }],
  ['mean', 'Mean of twelve', { value: 48.5, step: 'any' }],
  ['trend', 'Trend', { value: 0.5, step: 'any' }],
  ['hour', 'Hour, UTC', { value: 9, min: 0, max: 23 }],
]
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const WEDNESDAY = 2
const SVG = 'http://www.w3.org/2000/svg'

function shape(name, attributes, text = '') {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.textContent = text
  return element
}

/** One point per hour; the hour that was asked for is marked. */
function draw(values, hour) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const width = Math.max(day.clientWidth, 280) // words are as large on a phone
  day.setAttribute('viewBox', `0 0 ${width} 220`)
  const x = (at) => 60 + (at * (width - 85)) / 23
  const y = (value) => 20 + ((high - value) / (high - low || 1)) * 160
  const words = { fill: 'var(--quiet)', 'font-size': 13 }
  const scale = [low, high].flatMap((value) => [
    shape('line', { x1: x(0), x2: x(23), y1: y(value), y2: y(value), stroke: 'var(--line)' }),
    shape('text', { x: 50, y: y(value) + 4, 'text-anchor': 'end', ...words }, value.toFixed(1)),
  ])
  const hours = [0, 6, 12, 18, 23].map((at) =>
    shape('text', { x: x(at), y: 210, 'text-anchor': 'middle', ...words }, `${at}:00`),
  )
  const points = values.map((value, at) => `${x(at)},${y(value)}`).join(' ')
  day.replaceChildren(
    ...scale,
    ...hours,
    shape('polyline', { points, fill: 'none', stroke: 'var(--main)', 'stroke-width': 2.5, 'stroke-linejoin': 'round' }),
    shape('circle', { cx: x(hour), cy: y(values[hour]), r: 6, fill: 'var(--main)' }),
  )
}

async function score(form) {
  const given = Object.fromEntries(new FormData(form))
  const row = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)]))
  const rows = Array.from({ length: 24 }, (_, hour) => ({ ...row, hour }))
  const [one, day] = await Promise.all([call(await pathOf('score'), row), call(await pathOf('scoreBatch'), { rows })])
  $('forecast-score').textContent = one.value.toFixed(2)
  draw(day.values, row.hour)
}

async function showCard() {
  const { model, trainedAt, rows, quality, sha256 } = await call(await pathOf('describeModel'))
  const lines = {
    Version: model,
    Trained: `${new Date(trainedAt).toLocaleString()} on ${rows.toLocaleString()} examples`,
    Quality: `${quality.value} (${quality.metric}; at most ${quality.threshold})`,
    'SHA-256': sha256,
  }
  const pairs = Object.entries(lines).flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, text)])
  $('forecast-model').replaceChildren(...pairs)
}

const submit = (event) => {
  event.preventDefault()
  attempt(() => score(form), ERROR)
}
const day = shape('svg', {
  id: 'forecast-day',
  viewBox: '0 0 720 220',
  role: 'img',
  'aria-label': 'The forecast by hour of the day',
})
const form = h(
  'form',
  { className: 'row', onsubmit: submit },
  ...FIELDS.map(([name, text, more]) =>
    h('label', {}, text, h('input', { name, type: 'number', required: true, ...more })),
  ),
  h(
    'label',
    {},
    'Day',
    h('select', { name: 'weekday' }, ...DAYS.map((name, value) => new Option(name, value, false, value === WEDNESDAY))),
  ),
  h('button', { className: 'main' }, 'Score'),
)
panel(
  'forecast',
  'What comes next?',
  form,
  h('p', { className: 'error', id: ERROR, role: 'alert' }),
  h('p', { id: 'forecast-score', role: 'status' }, '–'),
  day,
  h('p', { className: 'quiet' }, 'The same features at every hour of the day, scored as one batch.'),
  h('h3', {}, 'The model in service'),
  h('dl', { id: 'forecast-model' }),
  h('p', { className: 'quiet' }, h('a', { href: 'watch/' }, 'How it does: drift, latency, outcomes')),
)
attempt(async () => {
  await showCard()
  await score(form)
}, ERROR)
