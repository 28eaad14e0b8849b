/** Charts as plain SVG; behind each stands the table that says the same. */

import { h } from './service.js'

const SVG = 'http://www.w3.org/2000/svg'
const COLOURS = 6
const DAY = 86_400_000
/** As wide as it is shown, so that its words stay readable on a phone. */
const width = () => Math.max(300, Math.min(900, document.querySelector('main').clientWidth - 42))
const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumSignificantDigits: 4 })

function shape(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

const words = (x, y, anchor, text) => shape('text', { x, y, 'text-anchor': anchor }, text)
const dash = (index) => (index < COLOURS ? 'none' : '6 3')
const colour = (index) => `var(--series-${index % COLOURS})`

function stroke(index, attributes) {
  return shape('polyline', {
    stroke: colour(index),
    'stroke-dasharray': dash(index),
    ...attributes,
  })
}

/** The line that is drawn for the source of that place in the list. */
export const sample = (index) =>
  shape(
    'svg',
    { viewBox: '0 0 22 10', 'aria-hidden': 'true' },
    stroke(index, { points: '0,5 22,5' }),
  )

function details(head, rows) {
  const line = (cells, tag, scope) =>
    h('tr', {}, ...cells.map((text) => h(tag, scope ? { scope } : {}, text)))
  const table = h(
    'table',
    {},
    h('thead', {}, line(head, 'th', 'col')),
    h('tbody', {}, ...rows.map((row) => line(row, 'td'))),
  )
  const scroll = h(
    'div',
    { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'The values' },
    table,
  )
  return h('details', {}, h('summary', {}, 'As a table'), scroll)
}

/** Round numbers, a few, from below the values to above them. */
function scaleOf(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const rough = (most - least || Math.abs(most) || 1) / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * [1, 2, 5, 10].find((one) => one * power >= rough)
  const first = Math.floor(least / step)
  const count = Math.ceil(most / step) - first + 1
  return Array.from({ length: count }, (_, at) => (first + at) * step)
}

/** A line for each source: `series` is [[its place in the list, [[time, value], …]], …]. */
export function lines(place, label, series, told) {
  const points = series.flatMap(([, all]) => all)
  if (points.length === 0)
    return place.replaceChildren(h('p', { className: 'quiet' }, 'Nothing yet.'))
  const [wide, high] = [width(), 240]
  const [first, last] = [
    Math.min(...points.map(([at]) => at)),
    Math.max(...points.map(([at]) => at)),
  ]
  const scale = scaleOf(points.map(([, value]) => value))
  const [least, most] = [scale[0], scale.at(-1)]
  const x = (at) => 52 + ((at - first) / (last - first || 1)) * (wide - 64)
  const y = (value) => 12 + ((most - value) / (most - least || 1)) * (high - 48)
  const letters = last - first < 2 * DAY ? 16 : 10
  const when = (at) => new Date(at).toISOString().slice(0, letters).replace('T', ' ')
  const drawn = shape(
    'svg',
    { viewBox: `0 0 ${wide} ${high}`, role: 'img', 'aria-label': label },
    ...scale.flatMap((v) => [
      shape('line', { x1: 52, x2: wide - 12, y1: y(v), y2: y(v) }),
      words(46, y(v) + 4, 'end', short.format(v)),
    ]),
    words(52, high - 8, 'start', when(first)),
    words(wide - 12, high - 8, 'end', when(last)),
    ...series.map(([index, all]) =>
      stroke(index, { points: all.map(([at, v]) => `${x(at)},${y(v)}`).join(' ') }),
    ),
    ...series.flatMap(([index, all]) =>
      all.length === 1
        ? [shape('circle', { cx: x(all[0][0]), cy: y(all[0][1]), r: 4, fill: colour(index) })]
        : [],
    ),
  )
  place.replaceChildren(drawn, details(...told))
}

/** A bar for each count: `counts` is [[name, number], …]. */
export function bars(place, label, counts) {
  const wide = width()
  const most = Math.max(1, ...counts.map(([, count]) => count))
  const drawn = counts.flatMap(([name, count], index) => {
    const [long, y] = [count && Math.max(2, (count / most) * (wide - 190)), index * 36 + 6]
    const fill = colour(index)
    return [
      words(0, y + 17, 'start', name),
      shape('rect', { x: 100, y, width: long, height: 24, rx: 4, fill }),
      words(108 + long, y + 17, 'start', count.toLocaleString()),
    ]
  })
  const box = { viewBox: `0 0 ${wide} ${counts.length * 36}`, role: 'img', 'aria-label': label }
  const rows = counts.map(([name, count]) => [name, count.toLocaleString()])
  place.replaceChildren(shape('svg', box, ...drawn), details(['Events', 'Count'], rows))
}
