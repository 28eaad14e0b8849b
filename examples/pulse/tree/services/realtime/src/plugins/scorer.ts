import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { Gauge } from 'prom-client'
import { addressOf } from '#contract'
import type { Reading, Step, Trace } from '#contract/readings'
import type { Event } from '#contract/realtime'
import type { Features, Score } from '#contract/scoring'
import type { Plugin } from '../app.ts'
import { text, url } from '../config.ts'
import { type Answer, featuresOf, isRefusal, type Lap, MlClient, WINDOW } from '../ml.ts'
import type { Hub } from '../realtime/hub.ts'
import type { TraceContext } from '../telemetry.ts'
import type { Readings } from './readings.ts'

interface Job {
  reading: Reading
  features: Features
  trace: Trace
  context: TraceContext
}

/** So many readings wait for their score; when there are more, the oldest goes without. */
const QUEUE = 500
const BATCH = 100
const RETRY_MS = 1_000
const CHANNEL = addressOf('scores')

/** Has every reading scored in the background. Whatever happens here, readings reach the browsers. */
class Scorer {
  #hub: Hub
  #readings: Readings
  #ml: MlClient
  #log: FastifyBaseLogger
  #queue: Job[] = []
  #working = false
  #state: 'up' | 'down' = 'up'
  #closed = false

  constructor(hub: Hub, readings: Readings, ml: MlClient, log: FastifyBaseLogger) {
    this.#hub = hub
    this.#readings = readings
    this.#ml = ml
    this.#log = log
    readings.followers.push((reading, trace, context) => this.add(reading, trace, context))
  }

  get pending(): number {
    return this.#queue.length
  }

  close(): void {
    this.#closed = true
  }

  add(reading: Reading, trace: Trace, context: TraceContext): void {
    const features = featuresOf(this.#readings.latest(WINDOW, reading.source))
    this.#queue.push({ reading, features, trace, context })
    this.#publish('pending', reading, trace)
    if (this.#queue.length > QUEUE) this.#giveUp(this.#queue.splice(0, 1))
    void this.#work()
  }

  /** One call at a time; what has piled up meanwhile goes along with the next. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    while (this.#queue.length > 0 && !this.#closed) {
      const jobs = this.#queue.splice(0, BATCH)
      if (await this.#score(jobs)) continue
      this.#queue.unshift(...jobs)
      this.#giveUp(this.#queue.splice(0, this.#queue.length - QUEUE))
      this.#tell('down')
      await sleep(RETRY_MS, undefined, { ref: false })
    }
    this.#working = false
  }

  /** Whether it is settled: scored, or refused for good. */
  async #score(jobs: Job[]): Promise<boolean> {
    const [first] = jobs
    if (!first) return true
    const start = performance.now()
    try {
      const rows = jobs.map(({ features }) => features)
      const answer = await this.#ml.score(rows, first.context)
      this.#settle(jobs, answer, this.#readings.step('ask', start))
      if (this.#state === 'down') this.#tell('up')
      return true
    } catch (error) {
      if (!isRefusal(error)) return false
      this.#log.error(error, 'services/ml refuses what this service asks')
      this.#giveUp(jobs)
      return true
    }
  }

  #settle(jobs: Job[], { values, model, laps }: Answer, ask: Step): void {
    const steps = [ask, ...stepsWithin(ask, laps)]
    for (const [index, { reading, trace }] of jobs.entries()) {
      const score = { value: values[index] ?? 0, model }
      this.#publish('scored', reading, { ...trace, steps: [...trace.steps, ...steps] }, score)
    }
  }

  #giveUp(jobs: Job[]): void {
    for (const { reading, trace } of jobs) this.#publish('failed', reading, trace)
  }

  #publish(state: 'pending' | 'scored' | 'failed', reading: Reading, trace: Trace, score?: Score) {
    const event = { type: 'score', reading: reading.id, state, trace } as const
    this.#send(score ? { ...event, score } : event)
  }

  #tell(state: 'up' | 'down'): void {
    this.#state = state
    const at = new Date().toISOString()
    const pending = this.pending
    this.#send({ type: 'service', service: 'ml', state, pending, at })
  }

  /** While the broker is away nobody hears of scores; readings are what counts. */
  #send(event: Event): void {
    this.#hub.publish(CHANNEL, event).catch((error) => this.#log.debug(error))
  }
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

/** Not a check of readiness: without scores the rest of the service goes on. */
const plugin: Plugin = (app) => {
  const ml = new MlClient(
    url(app.env, 'ML_URL', 'http://127.0.0.1:8000'),
    text(app.env, 'SERVICE_TOKEN', ''),
  )
  const scorer = new Scorer(app.hub, app.readings, ml, app.log)
  new Gauge({
    name: 'scores_pending',
    help: 'Readings that wait for their score',
    registers: [app.metrics],
    collect() {
      this.set(scorer.pending)
    },
  })
  app.addHook('preClose', async () => scorer.close())
}

export default plugin
