import {
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { type Client, clientOf, ProblemError } from '#client/http'
import type { Reading } from '#contract/readings'
import { type Features, type Operations, operations } from '#contract/scoring'
import { operations as described, faultOf } from '#operations'
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

/** Why the service, which understood the question, refuses it: then asking again is no use. */
export const refusalOf = (error: unknown): string | undefined =>
  error instanceof ProblemError && error.problem.status === 422 ? error.message : undefined

const TIMEOUT_MS = 2_000
const FAILURES = 2
const PROBE_MS = 1_000

/** Calls services/ml; after some failures in a row it asks no more but for a probe now and then. */
export class MlClient {
  #policy = wrap(
    circuitBreaker(
      handleWhen((error) => refusalOf(error) === undefined),
      { halfOpenAfter: PROBE_MS, breaker: new ConsecutiveBreaker(FAILURES) },
    ),
    timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive),
  )
  #ml: Client<Operations>
  /** The other service, as traces name it. */
  #server: Attributes

  constructor(base: URL, token: string) {
    const { hostname, port, protocol } = base
    const standard = protocol === 'https:' ? 443 : 80
    this.#server = { 'server.address': hostname, 'server.port': Number(port) || standard }
    const headers = token ? { authorization: `Bearer ${token}` } : {}
    this.#ml = clientOf<Operations>(operations, { base, headers, retries: 0 })
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

/** What breaks the contract is no answer. */
function keepsPromise(id: keyof Operations, { status, headers }: Response, body: string): void {
  const operation = described.get(id)
  const fault = operation && faultOf(operation, status, headers.get('content-type') ?? '', body)
  if (fault) throw new Error(fault)
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
