import { randomUUID } from 'node:crypto'
import { addressOf } from '#contract'
import type { NewReading, Reading, ReadingEvent, Step, Trace } from '#contract/readings'
import type { Event } from '#contract/realtime'
import { need } from '../access.ts'
import type { Plugin } from '../app.ts'
import { NAME, oneOf } from '../config.ts'
import { serve } from '../contract.ts'
import type { Batch, Channel, Peer } from '../realtime/channel.ts'
import type { Hub } from '../realtime/hub.ts'
import { simulate } from '../simulation.ts'
import { type TraceContext, traceOf } from '../telemetry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readings: Readings
  }
}

const KEEP = 1_000
const CHANNEL = addressOf('readings')

/** What to do with a reading once every browser has it. */
export type Follower = (reading: Reading, trace: Trace, context: TraceContext) => void

/** The newest readings, in memory, whoever took them: put your database here when they have to last. */
export class Readings implements Peer {
  readonly followers: Follower[] = []
  #hub: Hub
  #list: Reading[] = []

  constructor(hub: Hub) {
    this.#hub = hub
  }

  /** Hears what every instance takes. */
  async follow(): Promise<void> {
    const channel = await this.#hub.follow(CHANNEL, this)
    if (channel) this.deliver(channel, channel.from(0))
  }

  deliver(_: Channel, { entries }: Batch): void {
    for (const { event } of entries) {
      const heard: Event = JSON.parse(event)
      if (heard.type === 'reading') this.#list.push(heard.reading)
    }
    this.#list = this.#list.slice(-KEEP)
  }

  /** Sends it to everyone who listens, at once; whatever takes longer comes after. */
  async add(
    { source, value, at = new Date().toISOString() }: NewReading,
    context: TraceContext,
    key?: string,
  ): Promise<Reading> {
    const start = performance.now()
    const reading = { id: randomUUID(), source, value, at }
    const trace = { id: context.id, steps: [this.step('receive', start)] }
    const received = performance.now()
    const { event } = await this.#hub.publish(CHANNEL, { type: 'reading', reading, trace }, key)
    const taken = (JSON.parse(event) as ReadingEvent).reading
    if (taken.id !== reading.id) return taken
    // By then the hub has written it to every socket.
    setImmediate(() => {
      trace.steps.push(this.step('fan out', received))
      for (const follow of this.followers) follow(reading, trace, context)
    })
    return reading
  }

  /** The newest of all, or of one source; oldest first. */
  latest(limit: number, source?: string): Reading[] {
    const list = source ? this.#list.filter((reading) => reading.source === source) : this.#list
    return list.slice(-limit)
  }

  /** A step of this service that ends now; `start` is a time of performance.now(). */
  step(step: string, start: number): Step {
    const ms = performance.now() - start
    return { service: NAME, step, at: new Date(Date.now() - ms).toISOString(), ms }
  }
}

const plugin: Plugin = (app) => {
  const readings = new Readings(app.hub)
  app.hub.open(CHANNEL, { slow: 'drop' })
  app.decorate('readings', readings)
  void readings.follow()

  serve(app, 'listReadings', ({ limit }, request) => {
    need(request, 'read', CHANNEL)
    return readings.latest(limit)
  })

  serve(app, 'addReading', ({ body, 'idempotency-key': key }, request, reply) => {
    need(request, 'publish', CHANNEL)
    reply.code(202)
    return readings.add(body, traceOf(request), key && `reading:${key}`)
  })

  if (oneOf(app.env, 'SIMULATION', ['on', 'off']) === 'off') return
  let stop = () => {}
  app.addHook('onListen', () => {
    stop = simulate(readings)
  })
  app.addHook('preClose', async () => stop())
}

export default plugin
