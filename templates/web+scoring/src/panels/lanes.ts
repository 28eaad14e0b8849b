import './scoring.css'
import { journeys, type Language } from '../journeys.ts'
import { live } from '../live.ts'
import { eachFrame, h, type Panel, round } from '../page.ts'
import { follow } from '../readings.ts'

type State = 'up' | 'down' | 'unknown'

const looks = { up: 'good', down: 'bad', unknown: '' }
const calm = matchMedia('(prefers-reduced-motion: reduce)')

/** One language at work: what it does, whether it is up, its figures. */
class Lane {
  readonly element: HTMLElement
  #chip = h('span', { class: 'chip' })
  #task: HTMLElement
  #figures = h('dl', {})
  #shown = ''

  constructor(language: Language, title: string, task: string) {
    const head = h('h3', {}, title, this.#chip)
    this.#task = h('p', { class: 'small quiet' }, task)
    this.element = h('article', { class: `lane ${language}` }, head, this.#task, this.#figures)
  }

  show(state: State, figures: Record<string, string>, task = ''): void {
    const now = JSON.stringify([state, figures, task])
    if (now === this.#shown) return
    this.#shown = now
    if (task) this.#task.textContent = task
    this.element.classList.toggle('down', state === 'down')
    this.#chip.className = `chip ${looks[state]}`
    this.#chip.textContent = state
    const pairs = Object.entries(figures).map(([name, value]) =>
      h('div', {}, h('dt', {}, name), h('dd', {}, value)),
    )
    this.#figures.replaceChildren(...pairs)
  }
}

/** Lets a dot run along the wire: a question on its way, or an answer. */
function travel(wire: HTMLElement, way: 'there' | 'back'): void {
  if (calm.matches || document.hidden || wire.childElementCount > 12) return
  const dot = h('i', { class: way, animationend: () => dot.remove() })
  wire.append(dot)
}

function explain(node: State, python: State): string {
  if (node === 'down') return 'Node does not answer, so nothing new arrives. The page tries again.'
  if (python === 'down')
    return 'Python does not answer. Readings still arrive through Node; their scores are pending and come by themselves once Python runs again.'
  return 'Try it: stop the Python service. Readings keep coming, scores turn pending, and they come by themselves once Python runs again.'
}

const ms = (value: number | undefined) => (value === undefined ? '–' : `${round(value)} ms`)

/** Node and Python side by side: who is up, how much each does, what waits. */
export default {
  title: 'Who is doing what',
  order: 10,
  mount(into) {
    const node = new Lane('node', 'Node', 'Sends each reading to every browser at once.')
    const python = new Lane('python', 'Python', 'Scores each reading with the trained model.')
    const wire = h('div', { class: 'wire', 'aria-hidden': 'true' })
    const banner = h('p', { class: 'banner', role: 'status' })
    into.append(h('div', { class: 'lanes' }, node.element, wire, python.element), banner)

    const draw = eachFrame(() => {
      const nodeIs = live.state.name === 'online' ? 'up' : 'down'
      const pythonIs = nodeIs === 'up' ? journeys.python : 'unknown'
      node.show(nodeIs, {
        'readings per second': round(journeys.rate('heard')),
        'typical time': ms(journeys.typical('node')),
      })
      const figures = {
        'scores per second': round(journeys.rate('answered')),
        'typical time': ms(journeys.typical('python')),
        pending: round(journeys.pending),
      }
      python.show(
        pythonIs,
        figures,
        journeys.model && `Scores each reading with model ${journeys.model}.`,
      )
      wire.classList.toggle('cut', pythonIs !== 'up')
      banner.classList.toggle('warn', pythonIs !== 'up')
      const words = explain(nodeIs, pythonIs)
      if (banner.textContent !== words) banner.textContent = words
    })
    live.watch(draw)
    follow((event) => {
      if (event) journeys.hear(event)
      if (event?.type === 'reading' && journeys.python === 'up') travel(wire, 'there')
      if (event?.type === 'score' && event.state === 'scored') travel(wire, 'back')
      draw()
    })
    setInterval(draw, 1_000) // rates fall even when nothing happens
  },
} satisfies Panel
