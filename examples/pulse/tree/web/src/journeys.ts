import type { Reading, Step } from '#contract/readings'
import type { Event } from '#contract/realtime'
import type { ScoreEvent } from '#contract/scores'
import { readings } from './readings.ts'

const KEEP = 600

/** One reading on its way: Node fans it out at once, Python scores it, Node fans out the score. */
export interface Journey {
  reading: Reading
  state: ScoreEvent['state']
  score?: ScoreEvent['score'] | undefined
  steps: Step[]
  /** When this page heard of the reading, and of its score. */
  heard: number
  answered?: number
}

export type Language = 'node' | 'python'

/** A step as it is drawn: its beginning and its width as shares of the whole way. */
export interface Bar {
  step: Step
  left: number
  width: number
}

export const languageOf = (step: Step): Language => (step.service === 'ml' ? 'python' : 'node')

/** What the events have told so far, the newest journey first. */
export class Journeys {
  list: Journey[] = []
  python: 'up' | 'down' = 'up'
  pending = 0
  /** The version of the model in service, once it is known. */
  model = ''

  hear(event: Event, now = Date.now()): void {
    if (event.type === 'reading') {
      const { reading, trace } = event
      this.list.unshift({ reading, state: 'pending', steps: trace.steps, heard: now })
      this.list.splice(KEEP)
    } else if (event.type === 'score') {
      const journey = this.list.find(({ reading }) => reading.id === event.reading)
      // Told again when a service was killed in between: counted once.
      if (!journey || journey.state === 'scored') return
      journey.state = event.state
      journey.score = event.score
      journey.steps = event.trace.steps
      if (event.state === 'scored') journey.answered = now
      if (event.score) readings.forecasts.set(event.reading, event.score.value)
      this.model = event.score?.model ?? this.model
    } else if (event.type === 'service') {
      this.python = event.state
      this.pending = event.pending
    } else if (event.type === 'model') this.model = event.model
  }

  /** The middle of what one language needed for the newest journeys, in milliseconds. */
  typical(language: Language): number | undefined {
    const own = this.list.map(({ steps }) =>
      // Asking is waiting for the other language.
      steps.filter((step) => languageOf(step) === language && step.step !== 'ask'),
    )
    const times = own
      .filter(({ length }) => length > 0)
      .slice(0, 50)
      .map((steps) => steps.reduce((sum, { ms }) => sum + ms, 0))
    return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]
  }

  /** Readings, or scores, per second over the last ten seconds. */
  rate(what: 'heard' | 'answered', now = Date.now()): number {
    return this.list.filter((journey) => (journey[what] ?? 0) > now - 10_000).length / 10
  }
}

/** Shared by the panels. */
export const journeys = new Journeys()

const start = ({ at }: Step) => Date.parse(at)
const first = (steps: Step[]) => Math.min(...steps.map(start))

/** From the beginning of the first step to the end of the last, in milliseconds. */
export function duration(steps: Step[]): number {
  if (steps.length === 0) return 0
  return Math.max(...steps.map((step) => start(step) + step.ms)) - first(steps)
}

export function bars(steps: Step[]): Bar[] {
  const whole = duration(steps) || 1
  return steps.map((step) => ({
    step,
    left: (start(step) - first(steps)) / whole,
    width: step.ms / whole,
  }))
}
