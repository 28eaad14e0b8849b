/** Charts as plain SVG; behind each stands the table that says the same. */

const SVG = 'http://www.w3.org/2000/svg'
const COLOURS = 6
/** As wide as it is shown, so that its words stay readable on a phone. */
const width = () => Math.max(300, Math.min(900, document.querySelector('main').clientWidth - 42))
const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

function shape(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

function h(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const words = (x, y, anchor, text) => shape('text', { x, y, 'text-anchor': anchor }, text)
const dash = (index) => (index < COLOURS ? 'none' : '6 3')
const colour = (index) => `var(--series-${index % COLOURS})`

function stroke(index, attributes) {
  return shape('polyline', { stroke: colour(index), 'stroke-dasharray': dash(index), ...attributes })
}

function details(head, rows) {
  const line = (cells, tag, scope) => h('tr', {}, ...cells.map((text) => h(tag, scope ? { scope } : {}, text)))
  const table = h('table', {}, h('thead', {}, line(head, 'th', 'col')), h('tbody', {}, ...rows.map((row) => line(row, 'td'))))
  const scroll = h('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'The values' }, table)
  return h('details', {}, h('summary', {}, 'As a table'), scroll)
}

/** A line for each name: `series` is [[name, [[time, value], …]], …]. */
export function lines(place, label, series, told) {
  const points = series.flatMap(([, all]) => all)
  if (points.length === 0) return place.replaceChildren(h('p', { className: 'quiet' }, 'Nothing yet.'))
  const [wide, high] = [width(), 240]
  const [first, last] = [Math.min(...points.map(([at]) => at)), Math.max(...points.map(([at]) => at))]
  const [least, most] = [Math.min(...points.map(([, v]) => v)), Math.max(...points.map(([, v]) => v))]
  const x = (at) => 52 + ((at - first) / (last - first || 1)) * (wide - 64)
  const y = (value) => 12 + ((most - value) / (most - least || 1)) * (high - 48)
  const scale = [0, 1, 2, 3].map((part) => least + ((most - least) * part) / 3)
  const drawn = shape(
    'svg',
    { viewBox: `0 0 ${wide} ${high}`, role: 'img', 'aria-label': label },
    ...scale.flatMap((v) => [shape('line', { x1: 52, x2: wide - 12, y1: y(v), y2: y(v) }), words(46, y(v) + 4, 'end', short.format(v))]),
    words(52, high - 8, 'start', new Date(first).toISOString().slice(0, 10)),
    words(wide - 12, high - 8, 'end', new Date(last).toISOString().slice(0, 10)),
    ...series.map(([, all], index) => stroke(index, { points: all.map(([at, v]) => `${x(at)},${y(v)}`).join(' ') })),
    ...series.flatMap(([, all], index) =>
      all.length === 1 ? [shape('circle', { cx: x(all[0][0]), cy: y(all[0][1]), r: 4, fill: colour(index) })] : [],
    ),
  )
  const names = series.map(([name], index) => {
    const sample = shape('svg', { viewBox: '0 0 22 10', 'aria-hidden': 'true' }, stroke(index, { points: '0,5 22,5' }))
    return h('li', {}, sample, name)
  })
  place.replaceChildren(drawn, h('ul', { className: 'legend' }, ...names), details(...told))
}

/** A bar for each count: `counts` is [[name, number], …]. */
export function bars(place, label, counts) {
  const wide = width()
  const most = Math.max(1, ...counts.map(([, count]) => count))
  const drawn = counts.flatMap(([name, count], index) => {
    const [long, y] = [(count / most) * (wide - 190), index * 36 + 6]
    return [
      words(0, y + 17, 'start', name),
      shape('rect', { x: 100, y, width: Math.max(2, long), height: 24, rx: 4, fill: colour(index) }),
      words(108 + Math.max(2, long), y + 17, 'start', count.toLocaleString()),
    ]
  })
  const box = { viewBox: `0 0 ${wide} ${counts.length * 36}`, role: 'img', 'aria-label': label }
  const rows = counts.map(([name, count]) => [name, count.toLocaleString()])
  place.replaceChildren(shape('svg', box, ...drawn), details(['Events', 'Count'], rows))
}
