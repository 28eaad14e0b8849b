import { createHash, randomUUID } from 'node:crypto'
import { setImmediate as immediately } from 'node:timers/promises'
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

/** A reading that every browser has. */
export interface Taken {
  reading: Reading
  trace: Trace
  context: TraceContext
  /** Its sender repeats itself: perhaps everything was done before. */
  again: boolean
}

/** Whoever does more with readings. */
export interface Follower {
  /** Refuses while so many more could not be taken. */
  admit(more: number): Promise<void>
  /** Resolves when what is to be done will be done, whatever happens: before that no reading is acknowledged. */
  take(taken: Taken): Promise<void>
}

/** The newest readings, in memory, whoever took them: put your database here when they have to last. */
export class Readings implements Peer {
  readonly followers: Follower[] = []
  #hub: Hub
  #list: Reading[] = []
  /** Readings that are not acknowledged yet. */
  #underWay = 0

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
  async add(input: NewReading, context: TraceContext, key?: string): Promise<Reading> {
    this.#underWay++
    try {
      for (const follower of this.followers) await follower.admit(this.#underWay)
      return await this.#take(input, context, key)
    } finally {
      this.#underWay--
    }
  }

  async #take(input: NewReading, context: TraceContext, key?: string): Promise<Reading> {
    const start = performance.now()
    const { source, value, at = new Date().toISOString() } = input
    const reading = { id: idOf(input, key), source, value, at }
    const trace = { id: context.id, steps: [this.step('receive', start)] }
    const received = performance.now()
    const sent = { type: 'reading', reading, trace } as const
    const { event } = await this.#hub.publish(CHANNEL, sent, key && `reading:${key}`)
    const placed: ReadingEvent = JSON.parse(event)
    await immediately() // by then the hub has written it to every socket
    placed.trace.steps.push(this.step('fan out', received))
    const taken = { ...placed, context, again: event !== JSON.stringify(sent) }
    await Promise.all(this.followers.map((follower) => follower.take(taken)))
    return placed.reading
  }

  /** The newest of all, or of one source; oldest first. */
  latest(limit: number, source?: string): Reading[] {
    const list = source ? this.#list.filter((reading) => reading.source === source) : this.#list
    return list.slice(-limit)
  }

  /** The newest of its source when it came, itself the last. */
  upTo(reading: Reading, limit: number): Reading[] {
    const list = this.#list.filter(({ source }) => source === reading.source)
    const at = list.findLastIndex(({ id }) => id === reading.id)
    // By way of Redis it may not have come back yet.
    const until = at < 0 ? [...list, reading] : list.slice(0, at + 1)
    return until.slice(-limit)
  }

  /** A step of this service that ends now; `start` is a time of performance.now(). */
  step(step: string, start: number): Step {
    const ms = performance.now() - start
    return { service: NAME, step, at: new Date(Date.now() - ms).toISOString(), ms }
  }
}

/** With a key, a repetition has the same, and be it that the service was killed in between. */
function idOf(input: NewReading, key: string | undefined): string {
  if (!key) return randomUUID()
  const hash = createHash('sha256')
    .update(JSON.stringify([key, input]))
    .digest('hex')
  // The form of a UUID of one's own making, version 8.
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-8$3-8$4-$5')
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
    return readings.add(body, traceOf(request), key)
  })

  if (oneOf(app.env, 'SIMULATION', ['on', 'off']) === 'off') return
  let stop = () => {}
  app.addHook('onListen', () => {
    stop = simulate(readings)
  })
  app.addHook('preClose', async () => stop())
}

export default plugin
