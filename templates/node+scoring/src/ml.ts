import {
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { checkOf } from '#contract'
import type { Reading } from '#contract/readings'
import type { Features, Score, Scores } from '#contract/scoring'
import { type TraceContext, traceparent } from './telemetry.ts'

/** One step inside the other service, as its Server-Timing header tells. */
export interface Lap {
  name: string
  ms: number
}

export interface Answer {
  values: number[]
  model: string
  laps: Lap[]
}

/** The service understood the question and refuses it: asking again is no use. */
export class Refused extends Error {}

const TIMEOUT_MS = 2_000
const FAILURES = 2
const PROBE_MS = 1_000
const checks = { Score: checkOf('Score'), Scores: checkOf('Scores') }

/** Calls services/ml; after some failures in a row it asks no more but for a probe now and then. */
export class MlClient {
  #policy = wrap(
    circuitBreaker(
      handleWhen((error) => !(error instanceof Refused)),
      { halfOpenAfter: PROBE_MS, breaker: new ConsecutiveBreaker(FAILURES) },
    ),
    timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive),
  )
  #base: URL
  #headers: Record<string, string>

  constructor(base: URL, token: string) {
    this.#base = base
    this.#headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    }
  }

  /** One value per row, in their order. */
  async score(rows: Features[], trace: TraceContext): Promise<Answer> {
    if (rows.length === 1) {
      const { body, laps } = await this.#ask<Score>('/score', rows[0], 'Score', trace)
      return { values: [body.value], model: body.model, laps }
    }
    const { body, laps } = await this.#ask<Scores>('/score/batch', { rows }, 'Scores', trace)
    return { ...body, laps }
  }

  #ask<T>(path: string, question: unknown, schema: keyof typeof checks, trace: TraceContext) {
    return this.#policy.execute(async ({ signal }) => {
      const answer = await fetch(new URL(path, this.#base), {
        method: 'POST',
        headers: { ...this.#headers, traceparent: traceparent(trace) },
        body: JSON.stringify(question),
        signal,
      })
      const body = await answer.json()
      if (answer.status === 422) throw new Refused(JSON.stringify(body))
      if (!answer.ok) throw new Error(`${answer.status}: ${JSON.stringify(body)}`)
      const [issue] = checks[schema](body)
      if (issue) throw new Error(`not a ${schema}: ${issue.path} ${issue.message}`)
      return { body: body as T, laps: lapsOf(answer.headers.get('server-timing') ?? '') }
    })
  }
}

const lapsOf = (timing: string): Lap[] =>
  [...timing.matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, name = '', ms]) => ({
    name,
    ms: Number(ms),
  }))

/** How many readings `mean` and `trend` are taken from, as the contract says. */
export const WINDOW = 12

/** What the model is asked: the newest readings of one source, oldest first, at least one. */
export function featuresOf(readings: Reading[]): Features {
  const window = readings.slice(-WINDOW)
  const values = window.map(({ value }) => value)
  const [first = 0] = values
  const last = values.at(-1) ?? 0
  const at = new Date(window.at(-1)?.at ?? 0)
  return {
    hour: at.getUTCHours(),
    weekday: (at.getUTCDay() + 6) % 7,
    last,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    trend: values.length > 1 ? (last - first) / (values.length - 1) : 0,
  }
}
