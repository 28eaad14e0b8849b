import { $, attempt, call, pathOf } from './service.js'

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
  const x = (at) => 60 + (at * 640) / 23
  const y = (value) => 20 + ((high - value) / (high - low || 1)) * 160
  const words = { fill: 'var(--quiet)', 'font-size': 13 }
  const scale = [low, high].flatMap((value) => [
    shape('line', { x1: 60, x2: 700, y1: y(value), y2: y(value), stroke: 'var(--line)' }),
    shape('text', { x: 50, y: y(value) + 4, 'text-anchor': 'end', ...words }, value.toFixed(1)),
  ])
  const hours = [0, 6, 12, 18, 23].map((at) =>
    shape('text', { x: x(at), y: 210, 'text-anchor': 'middle', ...words }, `${at}:00`),
  )
  const points = values.map((value, at) => `${x(at)},${y(value)}`).join(' ')
  $('day').replaceChildren(
    ...scale,
    ...hours,
    shape('polyline', { points, fill: 'none', stroke: 'var(--main)', 'stroke-width': 2.5, 'stroke-linejoin': 'round' }),
    shape('circle', { cx: x(hour), cy: y(values[hour]), r: 6, fill: 'var(--main)' }),
  )
}

async function score() {
  const given = Object.fromEntries(new FormData($('features')))
  const row = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)]))
  const rows = Array.from({ length: 24 }, (_, hour) => ({ ...row, hour }))
  const [one, day] = await Promise.all([call(await pathOf('score'), row), call(await pathOf('scoreBatch'), { rows })])
  $('score').textContent = one.value.toFixed(2)
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
  const pair = ([name, text]) => [['dt', name], ['dd', text]].map(([tag, content]) =>
    Object.assign(document.createElement(tag), { textContent: content }),
  )
  $('card').replaceChildren(...Object.entries(lines).flatMap(pair))
  $('state').textContent = 'The service is up.'
}

$('features').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(score)
})
attempt(async () => {
  await showCard()
  await score()
})
