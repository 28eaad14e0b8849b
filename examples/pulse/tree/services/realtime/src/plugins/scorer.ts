import type { FastifyBaseLogger } from 'fastify'
import { addressOf } from '#contract'
import type { Reading, Step, Trace } from '#contract/readings'
import type { Event } from '#contract/realtime'
import type { Features, Score } from '#contract/scoring'
import type { Plugin } from '../app.ts'
import { text, url } from '../config.ts'
import { type Answer, featuresOf, type Lap, MlClient, WINDOW } from '../ml.ts'
import { refusalOf } from '../outbox/calls.ts'
import type { Destination, Queue, Refused } from '../outbox/queue.ts'
import type { Hub } from '../realtime/hub.ts'
import type { TraceContext } from '../telemetry.ts'
import type { Outbox } from './forwarding.ts'
import type { Follower, Readings, Taken } from './readings.ts'

/** What waits for services/ml: what the model is to know stands when the reading comes. */
interface Job {
  reading: Reading
  features: Features
  trace: Trace
  context: TraceContext
}

const CHANNEL = addressOf('scores')
/** What is left from a run before waits until browsers are back to hear of it. */
const RETURN_MS = 5_000

/** Has every reading scored in the background. Whatever happens here, readings reach the browsers. */
class Scorer implements Destination<Job>, Follower {
  readonly name = 'ml'
  readonly batch = 100
  #queue: Queue<Job>
  #hub: Hub
  #readings: Readings
  #ml: MlClient
  #log: FastifyBaseLogger

  constructor(outbox: Outbox, hub: Hub, readings: Readings, ml: MlClient, log: FastifyBaseLogger) {
    this.#queue = outbox.to(this, RETURN_MS)
    this.#hub = hub
    this.#readings = readings
    this.#ml = ml
    this.#log = log
  }

  admit(more: number): Promise<void> {
    return this.#queue.admit(more)
  }

  async take({ reading, trace, context, again }: Taken): Promise<void> {
    if (!again) void this.#publish('pending', reading, trace).catch(this.#unheard)
    const features = featuresOf(this.#readings.upTo(reading, WINDOW))
    await this.#queue.put(reading.id, { reading, features, trace, context })
  }

  async deliver(jobs: Job[]): Promise<Refused[]> {
    const [first] = jobs
    if (!first) return []
    const start = performance.now()
    const rows = jobs.map(({ features }) => features)
    const answer = await this.#ml.score(rows, first.context)
    await this.#settle(jobs, answer, this.#readings.step('ask', start))
    return []
  }

  reasonOf = refusalOf

  giveUp({ reading, trace }: Job): Promise<void> {
    return this.#publish('failed', reading, trace)
  }

  tell(state: 'up' | 'down'): void {
    void this.#tell(state).catch(this.#unheard)
  }

  async #settle(jobs: Job[], { values, model, laps }: Answer, ask: Step): Promise<void> {
    const steps = [ask, ...stepsWithin(ask, laps)]
    const told = jobs.map(({ reading, trace }, index) => {
      const score = { value: values[index] ?? 0, model }
      return this.#publish(
        'scored',
        reading,
        { ...trace, steps: [...trace.steps, ...steps] },
        score,
      )
    })
    await Promise.all(told)
  }

  /** A score has its reading for a key: it is told once, though it be made twice. */
  async #publish(
    state: 'pending' | 'scored' | 'failed',
    reading: Reading,
    trace: Trace,
    score?: Score,
  ): Promise<void> {
    const event = { type: 'score', reading: reading.id, state, trace } as const
    const key = state === 'pending' ? undefined : `score:${reading.id}`
    await this.#hub.publish(CHANNEL, score ? { ...event, score } : event, key)
  }

  async #tell(state: 'up' | 'down'): Promise<void> {
    const at = new Date().toISOString()
    const { pending } = await this.#queue.state()
    const event: Event = { type: 'service', service: 'ml', state, pending, at }
    await this.#hub.publish(CHANNEL, event)
  }

  /** While the broker is away nobody hears what is told by the way. */
  #unheard = (error: unknown) => this.#log.debug(error)
}

/** The other service tells how long its steps took, not when: they are laid into the middle of the call. */
function stepsWithin(ask: Step, laps: Lap[]): Step[] {
  const whole = laps.reduce((sum, { ms }) => sum + ms, 0)
  let at = Date.parse(ask.at) + Math.max(0, ask.ms - whole) / 2
  return laps.map(({ name, ms }) => {
    const step = { service: 'ml', step: name, at: new Date(at).toISOString(), ms }
    at += ms
    return step
  })
}

const plugin: Plugin = (app) => {
  const ml = new MlClient(
    url(app.env, 'ML_URL', 'http://127.0.0.1:8000'),
    text(app.env, 'SERVICE_TOKEN', ''),
  )
  app.readings.followers.push(new Scorer(app.outbox, app.hub, app.readings, ml, app.log))
}

export default plugin
