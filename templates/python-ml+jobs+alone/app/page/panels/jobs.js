/** Starts a computation and shows how it gets on. */
import { events, h, panel } from '../panel.js'
import { $, ask, attempt, call, pathOf } from '../service.js'

const SHOWN = 5
const ERROR = 'jobs-error'
const AGAIN_MS = 1000
const FIELDS = [
  ['demand', 'Demand per day', 100, 'any'],
  ['spread', 'Its spread', 40, 'any'],
  ['days', 'Days between deliveries', 7, 1],
  ['probability', 'Probability', 0.95, 'any'],
  ['years', 'Years to simulate', 100000, 1],
]
const known = new Map()
const ended = ({ state }) => ['done', 'failed', 'cancelled'].includes(state)
const round = (value) => value.toLocaleString([], { maximumFractionDigits: 1 })
const path = async (operation, id) => (await pathOf(operation)).replace('{id}', id)

/** Shows every change, also past a restart of the service. */
async function follow(job) {
  for (let now = job; !ended(now); ) {
    try {
      for await (const next of events(await ask(await path('followJob', job.id)))) show((now = next))
    } catch {
      // The next try will tell.
    }
    if (!ended(now)) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** How many of the simulated years needed how much; what is covered is in the main colour. */
function chart({ counts, lowest, highest, stock, error }) {
  const most = Math.max(...counts, 1)
  const step = (highest - lowest) / counts.length
  const bars = counts.map((count, at) => {
    const bar = h('span', { className: lowest + (at + 1) * step <= stock ? 'covered' : '' })
    bar.style.height = `${(count / most) * 100}%`
    return bar
  })
  return h(
    'figure',
    {},
    h('figcaption', {}, h('strong', {}, round(stock)), ` ± ${round(error)} to hold`),
    h('div', { role: 'img', ariaLabel: `Hold ${round(stock)}` }, ...bars),
    h('p', { className: 'quiet' }, h('span', {}, round(lowest)), h('span', {}, round(highest))),
  )
}

function line({ id, state, progress, request, reason = '', result }) {
  const cancel = async () => show(await call(await path('cancelJob', id), undefined, 'PUT'))
  const years = `${round(request.years)} years, delivery every ${request.days} days`
  const told = result ? `${round(result.stock)} ± ${round(result.error)}` : reason
  return h(
    'li',
    { className: state },
    h('span', {}, years),
    state === 'running' ? h('progress', { max: 1, value: progress }) : h('span', { className: 'state' }, state),
    ...(told ? [h('span', { className: 'quiet' }, told)] : []),
    ...(ended({ state }) ? [] : [h('button', { type: 'button', onclick: () => attempt(cancel, ERROR) }, 'Cancel')]),
  )
}

function show(job) {
  known.set(job.id, job)
  const newest = [...known.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  $('jobs-list').replaceChildren(...newest.slice(0, SHOWN).map(line))
  const found = newest.find(({ result }) => result)
  if (found) $('jobs-chart').replaceChildren(chart(found.result))
}

async function begin(form) {
  const given = Object.fromEntries(new FormData(form))
  const numbers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)]))
  const seed = Math.floor(Math.random() * 1e6)
  const job = await call(await pathOf('startJob'), { ...numbers, seed })
  show(job)
  await follow(job)
}

const submit = (event) => {
  event.preventDefault()
  attempt(() => begin(event.target), ERROR)
}
panel(
  'jobs',
  'How much to hold?',
  h('p', { className: 'quiet' }, 'What a store needs to get through a year, found by simulating many.'),
  h(
    'form',
    { className: 'row', onsubmit: submit },
    ...FIELDS.map(([name, text, value, step]) =>
      h('label', {}, text, h('input', { name, type: 'number', value, step, required: true })),
    ),
    h('button', { className: 'main' }, 'Compute'),
  ),
  h('p', { className: 'error', id: ERROR, role: 'alert' }),
  h('div', { id: 'jobs-chart' }),
  h('ol', { id: 'jobs-list' }),
)
attempt(async () => {
  const { jobs } = await call(`${await pathOf('listJobs')}?limit=${SHOWN}`)
  jobs.forEach(show)
  jobs.forEach(follow)
}, ERROR)
