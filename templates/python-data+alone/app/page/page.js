import { bars, lines } from './charts.js'
import { $, attempt, call, pathOf } from './service.js'

/** Rows; who wants more asks the API. */
const MOST = 20_000

async function rowsOf(asked) {
  const path = await pathOf('readTable')
  const rows = []
  for (let next = ''; next !== undefined && rows.length < MOST; ) {
    const page = await call(`${path}?${new URLSearchParams({ ...asked, limit: 5_000, ...(next && { cursor: next }) })}`)
    rows.push(...page.rows)
    next = page.next
  }
  return rows
}

async function showMeans() {
  const given = [...new FormData($('asked'))].filter(([, text]) => text)
  const rows = await rowsOf(Object.fromEntries(given))
  const series = new Map()
  for (const { source, at, total, events } of rows) {
    if (!series.has(source)) series.set(source, [])
    series.get(source).push([Date.parse(at), total / events])
  }
  const cells = rows.map(({ at, source, total, events, least, most }) => [
    at.slice(0, 16).replace('T', ' '), source, (total / events).toFixed(2), least, most, events,
  ])
  const told = [['Time, UTC', 'Source', 'Mean', 'Least', 'Most', 'Events'], cells]
  lines($('means'), `Lines of the mean of ${series.size} sources; the values stand in the table below`, [...series], told)
}

function since(at) {
  const minutes = Math.round((Date.now() - Date.parse(at)) / 60_000)
  const [size, unit] = minutes < 90 ? [1, 'minute'] : minutes < 2880 ? [60, 'hour'] : [1440, 'day']
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-Math.round(minutes / size), unit)
}

async function showState() {
  const { run, endedAt, waiting, events, duplicates, rejected } = await call(await pathOf('describePipeline'))
  const ended = endedAt ? `Run ${run} ended ${since(endedAt)}` : 'No run yet'
  $('state').textContent = `${ended}; ${waiting === 1 ? '1 file waits' : `${waiting} files wait`}.`
  const counts = [['Accepted', events], ['Duplicates', duplicates], ['Rejected', rejected]]
  bars($('counts'), counts.map(([name, count]) => `${name}: ${count}`).join(', '), counts)
}

const load = () => attempt(() => Promise.all([showMeans(), showState()]))

$('asked').addEventListener('submit', (event) => {
  event.preventDefault()
  load()
})
load()
