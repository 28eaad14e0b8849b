import { bars, lines } from './charts.js'

const $ = (id) => document.getElementById(id)
/** Rows; who wants more asks the API. */
const MOST = 20_000
const contract = fetch('docs/contract.json').then((answer) => answer.json())

/** Where the contract says that an operation is. */
async function pathOf(operationId) {
  const documents = Object.values((await contract).openapi)
  const paths = documents.flatMap(({ paths }) => Object.entries(paths))
  const [path] = paths.find(([, item]) => Object.values(item).some((one) => one.operationId === operationId))
  return path.slice(1)
}

async function ask(operationId, asked = {}) {
  const answer = await fetch(`${await pathOf(operationId)}?${new URLSearchParams(asked)}`)
  const content = await answer.json()
  if (answer.ok) return content
  const places = (content.errors ?? []).map(({ path, message }) => `${path}: ${message}`)
  throw new Error([content.detail ?? content.title, ...places].join(' · '))
}

async function rowsOf(asked) {
  const rows = []
  for (let next = ''; next !== undefined && rows.length < MOST; ) {
    const page = await ask('readTable', { ...asked, limit: 5_000, ...(next && { cursor: next }) })
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
  const { run, endedAt, waiting, events, duplicates, rejected } = await ask('describePipeline')
  const ended = endedAt ? `Run ${run} ended ${since(endedAt)}` : 'No run yet'
  $('state').textContent = `${ended}; ${waiting} files wait.`
  const counts = [['Accepted', events], ['Duplicates', duplicates], ['Rejected', rejected]]
  bars($('counts'), counts.map(([name, count]) => `${name}: ${count}`).join(', '), counts)
}

/** Says what is wrong, in the place for it. */
async function load() {
  $('error').textContent = ''
  await Promise.all([showMeans(), showState()]).catch((problem) => {
    $('error').textContent = problem.message
  })
}

$('asked').addEventListener('submit', (event) => {
  event.preventDefault()
  load()
})
load()
