import './jobs.css'
import { clientOf } from '#client/http'
import { type Job, type NewJob, type Operations, operations, type Result } from '#contract/jobs'
import { events } from '../events.ts'
import { clock, h, type Panel, round } from '../page.ts'
import { token } from '../token.ts'

const SHOWN = 5
const AGAIN_MS = 1_000
const jobs = clientOf<Operations>(operations, { token })
const ended = ({ state }: Job) => ['done', 'failed', 'cancelled'].includes(state)

const FIELDS: [name: Exclude<keyof NewJob, 'seed'>, label: string, value: number, step: string][] =
  [
    ['demand', 'Demand per day', 100, 'any'],
    ['spread', 'Its spread', 40, 'any'],
    ['days', 'Days between deliveries', 7, '1'],
    ['probability', 'Probability', 0.95, 'any'],
    ['years', 'Years to simulate', 100_000, '1'],
  ]

/** Tells of every change, also past a restart of the service. */
async function follow(job: Job, tell: (job: Job) => void): Promise<void> {
  for (let now = job; !ended(now); ) {
    try {
      const answer = (await jobs.followJob({ id: job.id })) as Response
      for await (const next of events<Job>(answer)) {
        now = next
        tell(now)
      }
    } catch {
      // The next try will tell.
    }
    if (!ended(now)) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** How many of the simulated years needed how much; the line is what covers enough of them. */
function chart({ counts, lowest, highest, stock, error }: Result): HTMLElement {
  const most = Math.max(...counts, 1)
  const step = (highest - lowest) / counts.length || 1
  const bars = counts.map((count, at) => {
    const covered = lowest + (at + 1) * step <= stock
    const bar = h('span', { class: covered ? 'covered' : '' })
    bar.style.height = `${(count / most) * 100}%`
    return bar
  })
  const label = `Hold ${round(stock)}, give or take ${round(error)}`
  return h(
    'figure',
    { class: 'needs' },
    h('figcaption', {}, h('strong', {}, round(stock)), ` ± ${round(error)} to hold`),
    h('div', { role: 'img', 'aria-label': label }, ...bars),
    h('p', { class: 'small quiet' }, h('span', {}, round(lowest)), h('span', {}, round(highest))),
  )
}

function line(job: Job): HTMLElement {
  const { id, state, progress, request, reason = '', result } = job
  const cancel = () => jobs.cancelJob({ id }).catch(() => {})
  const bar = h('progress', { max: 1, value: progress, 'aria-label': 'Progress' })
  const years = `${round(request.years)} years, delivery every ${request.days} days`
  const told = result ? `${round(result.stock)} ± ${round(result.error)}` : reason
  return h(
    'li',
    { 'data-state': state },
    h('time', { datetime: job.createdAt }, clock(job.createdAt)),
    h('span', { class: 'grow' }, years),
    ...(state === 'running' ? [bar] : [h('span', { class: 'state' }, state)]),
    h('span', { class: 'told' }, told),
    ...(ended(job) ? [] : [h('button', { type: 'button', click: cancel }, 'Cancel')]),
  )
}

/** Starts a computation and shows how it gets on. */
export default {
  title: 'Computation',
  order: 60,
  mount(into) {
    const known = new Map<string, Job>()
    const list = h(
      'ol',
      { class: 'jobs' },
      h('li', { class: 'empty' }, 'Nothing was computed yet.'),
    )
    const figure = h('div', {})
    const error = h('p', { class: 'error small', role: 'alert' })

    const show = (job: Job) => {
      known.set(job.id, job)
      const newest = [...known.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
      list.replaceChildren(...newest.slice(0, SHOWN).map(line))
      const result = newest.find((one) => one.result)?.result
      if (result) figure.replaceChildren(chart(result))
    }
    const begin = async (event: SubmitEvent) => {
      event.preventDefault()
      error.textContent = ''
      const given = new FormData(event.target as HTMLFormElement)
      const numbers = Object.fromEntries([...given].map(([name, value]) => [name, Number(value)]))
      const seed = Math.floor(Math.random() * 1e6)
      try {
        const job = await jobs.startJob({ body: { ...numbers, seed } as unknown as NewJob })
        show(job)
        await follow(job, show)
      } catch (problem) {
        error.textContent = (problem as Error).message
      }
    }
    const inputs = FIELDS.map(([name, label, value, step]) => {
      const input = h('input', { name, type: 'number', value, step, required: true })
      return h('label', { class: 'grow' }, label, input)
    })
    into.append(
      h(
        'p',
        { class: 'quiet' },
        'How much a store has to hold to get through a year, found by simulating many.',
      ),
      h('form', { submit: begin }, ...inputs, h('button', { class: 'main' }, 'Compute')),
      error,
      figure,
      list,
    )
    jobs.listJobs({ limit: SHOWN }).then(
      ({ jobs: earlier }) => {
        for (const job of earlier) {
          show(job)
          void follow(job, show)
        }
      },
      (problem: Error) => error.replaceChildren(problem.message),
    )
  },
} satisfies Panel
