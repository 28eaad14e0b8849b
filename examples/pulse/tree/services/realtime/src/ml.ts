import { type Client, clientOf } from '#client/http'
import type { Reading } from '#contract/readings'
import { type Features, type Operations, operations } from '#contract/scoring'
import { bearer, careful, keepsPromise } from './outbox/calls.ts'
import { span, type TraceContext, traceparent } from './telemetry.ts'
import type { Attributes } from './tracing/otlp.ts'

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

/** Calls services/ml; after some failures in a row it asks no more but for a probe now and then. */
export class MlClient {
  #policy = careful()
  #ml: Client<Operations>
  /** The other service, as traces name it. */
  #server: Attributes

  constructor(base: URL, token: string) {
    const { hostname, port, protocol } = base
    const standard = protocol === 'https:' ? 443 : 80
    this.#server = { 'server.address': hostname, 'server.port': Number(port) || standard }
    this.#ml = clientOf<Operations>(operations, { base, headers: bearer(token), retries: 0 })
  }

  /** One value per row, in their order. */
  score(rows: Features[], trace: TraceContext): Promise<Answer> {
    const { method, path } = operations[rows.length === 1 ? 'score' : 'scoreBatch']
    const attributes = { ...this.#server, 'http.request.method': method, 'url.template': path }
    const ask = (signal: AbortSignal) => (step: TraceContext) => this.#ask(rows, step, signal)
    return this.#policy.execute(({ signal }) =>
      span(`${method} ${path}`, trace, ask(signal), { kind: 'client', attributes }),
    )
  }

  async #ask(rows: Features[], step: TraceContext, signal: AbortSignal): Promise<Answer> {
    let laps: Lap[] = []
    const once = (id: keyof Operations) => ({
      signal,
      headers: { traceparent: traceparent(step) },
      seen(answer: Response, body: string) {
        keepsPromise(id, answer, body)
        laps = lapsOf(answer.headers.get('server-timing') ?? '')
      },
    })
    const [row] = rows
    if (row && rows.length === 1) {
      const { value, model } = await this.#ml.score({ body: row }, once('score'))
      return { values: [value], model, laps }
    }
    const scores = await this.#ml.scoreBatch({ body: { rows } }, once('scoreBatch'))
    return { ...scores, laps }
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
