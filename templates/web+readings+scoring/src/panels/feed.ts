import './scoring.css'
import { bars, duration, type Journey, journeys, type Language, languageOf } from '../journeys.ts'
import { clock, eachFrame, h, type Panel, round } from '../page.ts'
import { follow } from '../readings.ts'

const ROWS = 10
const ms = (value: number) => `${round(value)} ms`

/** When one language was at work on a reading, and for how long. */
function strip(language: Language, { steps }: Journey): HTMLElement {
  const strip = h('div', { class: `strip ${language}` })
  for (const { step, left, width } of bars(steps)) {
    if (languageOf(step) !== language) continue
    const bar = h('i', { title: `${step.service}: ${step.step}, ${ms(step.ms)}` })
    bar.style.left = `${left * 100}%`
    bar.style.width = `${width * 100}%`
    strip.append(bar)
  }
  return strip
}

function summary(journey: Journey): HTMLElement {
  const { reading, score, state, steps } = journey
  const strips = [strip('node', journey), strip('python', journey)]
  return h(
    'summary',
    {},
    h('time', { datetime: reading.at }, clock(reading.at)),
    h('span', { class: 'source' }, reading.source),
    h('strong', { class: 'value' }, round(reading.value)),
    h('span', { class: 'score' }, score ? `→ ${round(score.value)}` : state),
    h('span', { class: 'whole mono quiet' }, state === 'scored' ? ms(duration(steps)) : ''),
    h('div', { class: 'way', 'aria-hidden': 'true' }, ...strips),
  )
}

function inWords({ steps }: Journey): HTMLElement {
  const lines = steps.map((step) => {
    const words = `${step.service} · ${step.step}`
    return h('li', { class: languageOf(step) }, words, h('span', { class: 'mono' }, ms(step.ms)))
  })
  return h('ol', { class: 'steps small' }, ...lines)
}

/** A reading with its score and its way; opened, every step of the way in words. */
class Row {
  readonly element = h('details', {})
  #drawn?: Journey['steps']

  draw(journey: Journey): void {
    if (this.#drawn === journey.steps) return
    this.#drawn = journey.steps
    this.element.className = journey.state
    this.element.replaceChildren(summary(journey), inWords(journey))
  }
}

/** The newest readings and their way through both languages. */
export default {
  title: 'The way of each reading',
  order: 30,
  width: 'narrow',
  mount(into) {
    const empty = h('p', { class: 'empty' }, 'Nothing has been measured yet.')
    const list = h('div', { class: 'journeys' }, empty)
    const held = h('span', { hidden: true }, '· held while you look')
    const [node, python] = [h('i', { class: 'node' }), h('i', { class: 'python' })]
    into.append(h('p', { class: 'small quiet key' }, node, 'Node', python, 'Python', held), list)

    let rows = new Map<Journey, Row>()
    const draw = eachFrame(() => {
      // Rows must not slip away under a pointer, nor from a reader with the keyboard.
      held.hidden = !list.matches(':hover, :focus-within')
      if (held.hidden && journeys.list.length > 0) {
        const newest = journeys.list.slice(0, ROWS)
        rows = new Map(newest.map((journey) => [journey, rows.get(journey) ?? new Row()]))
        list.replaceChildren(...[...rows.values()].map(({ element }) => element))
      }
      for (const [journey, row] of rows) row.draw(journey)
    })
    follow(draw)
  },
} satisfies Panel
