import { bars, lines, sample } from './charts.js'
import { $, attempt, call, h, pathOf } from './service.js'

/** Rows, and sources; who wants more asks the API. */
const [ROWS, SOURCES] = [20_000, 100]
/** So many are shown at first. */
const FIRST = 6

const form = $('asked')

/** A box to tick for each source; its place in the list is its colour. */
async function showSources() {
  const { sources, next } = await call(`${await pathOf('listSources')}?limit=${SOURCES}`)
  const ticked = new Set(new FormData(form).getAll('source'))
  const anew = !form.querySelector('[name=source]')
  const boxes = sources.map(({ source, events }, index) => {
    const checked = anew ? index < FIRST : ticked.has(source)
    const box = h('input', { type: 'checkbox', name: 'source', value: source, checked })
    return h('label', { title: `${events.toLocaleString()} events` }, box, sample(index), source)
  })
  $('sources').replaceChildren($('sources').firstElementChild, ...boxes)
  return next && `The first ${SOURCES} sources are listed here.`
}

/** Rows of the ticked sources, and whether there are more. */
async function rowsOf(asked) {
  const path = await pathOf('readTable')
  const rows = []
  for (let next = ''; next !== undefined; ) {
    if (rows.length >= ROWS)
      return [
        rows,
        `The first ${ROWS.toLocaleString()} rows are shown: choose fewer days or sources.`,
      ]
    const page = await call(`${path}?${asked}&limit=5000${next && `&cursor=${next}`}`)
    rows.push(...page.rows)
    next = page.next
  }
  return [rows]
}

const shown = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 2 })

async function showMeans(...notes) {
  const given = [...new FormData(form)].filter(([, text]) => text)
  const known = [...form.querySelectorAll('[name=source]')].map(({ value }) => value)
  if (known.length > 0 && !given.some(([name]) => name === 'source'))
    throw new Error('Tick at least one source.')
  const [rows, cut] = await rowsOf(new URLSearchParams(given))
  const series = new Map()
  for (const { source, at, total, events } of rows) {
    if (!series.has(source)) series.set(source, [])
    series.get(source).push([Date.parse(at), total / events])
  }
  const cells = rows.map(({ at, source, total, events, least, most }) => [
    at.slice(0, 16).replace('T', ' '),
    source,
    ...[total / events, least, most, events].map(shown),
  ])
  $('more').textContent = [...notes, cut].filter(Boolean).join(' ')
  const drawn = [...series].map(([source, points]) => [known.indexOf(source), points])
  const told = [['Time, UTC', 'Source', 'Mean', 'Least', 'Most', 'Events'], cells]
  lines(
    $('means'),
    `The means of ${[...series.keys()].join(', ')}; the values stand in the table below`,
    drawn,
    told,
  )
}

function since(at) {
  const minutes = Math.round((Date.now() - Date.parse(at)) / 60_000)
  const [size, unit] = minutes < 90 ? [1, 'minute'] : minutes < 2880 ? [60, 'hour'] : [1440, 'day']
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(
    -Math.round(minutes / size),
    unit,
  )
}

async function showState() {
  const { run, endedAt, waiting, events, duplicates, rejected } = await call(
    await pathOf('describePipeline'),
  )
  const ended = endedAt ? `Run ${run} ended ${since(endedAt)}` : 'No run yet'
  $('state').textContent = `${ended}; ${waiting === 1 ? '1 file waits' : `${waiting} files wait`}.`
  const counts = [
    ['Accepted', events],
    ['Duplicates', duplicates],
    ['Rejected', rejected],
  ]
  bars($('counts'), counts.map(([name, count]) => `${name}: ${count}`).join(', '), counts)
}

const load = () => attempt(() => Promise.all([showSources().then(showMeans), showState()]))

form.addEventListener('submit', (event) => {
  event.preventDefault()
  load()
})
load()
