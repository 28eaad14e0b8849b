import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import type { FastifyBaseLogger } from 'fastify'
import type { Member, Position } from '#contract/realtime'
import { Refusal } from '../contract.ts'
import { type Broker, KEY_MS, type Listener, type Log, newEpoch, type Placed } from './broker.ts'
import { ENTER, LEAVE, MEMBERS, PLACE, READ } from './scripts.ts'

/** An instance that says nothing for so long is dead, in milliseconds. */
const LIFE_MS = 30_000
/** What it leaves behind when it ends: its clients return to others by then. */
const AFTERLIFE_MS = 15_000
const LOOK_MS = LIFE_MS / 3
const START_MS = 3_000

/** A connection that refuses at once while the server is away, and comes back by itself. */
export const connectionTo = (url: string) =>
  createClient({
    url,
    disableOfflineQueue: true, // better refused at once than done at some later time
    pingInterval: 2_000,
    socket: {
      socketTimeout: 6_000,
      connectTimeout: 3_000,
      reconnectStrategy: (retries) => Math.min(1_000, 20 * 2 ** retries) * (0.5 + Math.random()),
    },
  })

type Connection = ReturnType<typeof connectionTo>

/** Waits a little for the server; who starts without it goes on trying. */
export async function connect(...connections: Connection[]): Promise<void> {
  const all = Promise.all(connections.map((one) => one.connect().catch(() => {})))
  await Promise.race([all, sleep(START_MS)])
}

/**
 * Redis, or Valkey, from version 7 on: a stream for each channel keeps what was published, and PUBLISH tells of it. Who
 * missed that looks into the stream.
 */
export class RedisBroker implements Broker {
  listener?: Listener
  #instance = randomUUID()
  #log: FastifyBaseLogger
  /** Of each channel, kept. */
  #events: number
  /** Asks, and hears: who hears can ask nothing. */
  #asking: Connection
  #hearing: Connection
  #followed = new Set<string>()
  #wasReady = false
  #timer = setInterval(() => this.#look(), LOOK_MS).unref()

  private constructor(url: string, events: number, log: FastifyBaseLogger) {
    this.#log = log
    this.#events = events
    this.#asking = connectionTo(url)
    this.#hearing = this.#asking.duplicate()
    for (const client of [this.#asking, this.#hearing]) {
      client.on('error', () => this.#tell())
      client.on('ready', () => this.#tell())
    }
  }

  /** A service that starts without Redis is not ready. */
  static async connect(url: string, events: number, log: FastifyBaseLogger): Promise<RedisBroker> {
    const broker = new RedisBroker(url, events, log)
    await connect(broker.#asking, broker.#hearing)
    if (!broker.ready) log.warn('the broker cannot be reached')
    await broker.#live()
    return broker
  }

  get ready(): boolean {
    return this.#asking.isReady && this.#hearing.isReady
  }

  async follow(channel: string): Promise<Log> {
    this.#followed.add(channel)
    try {
      await this.#reach(this.#hearing.subscribe(this.#nameOf(channel), this.#onMessage))
      return await this.read(channel, NOTHING)
    } catch (error) {
      this.unfollow(channel)
      throw error
    }
  }

  unfollow(channel: string): void {
    this.#followed.delete(channel)
    this.#hearing.unsubscribe(this.#nameOf(channel), this.#onMessage).catch(() => {})
  }

  async read(channel: string, known: Position, events = this.#events): Promise<Log> {
    const [epoch = '', offset, ...newest] = await this.#run<string[]>(READ, channel, [
      newEpoch(),
      known.epoch,
      `${known.offset}`,
      `${events}`,
    ])
    return { epoch, offset: Number(offset), events: newest.reverse() }
  }

  async publish(channel: string, event: string, known: Position, key?: string): Promise<Placed> {
    const own = key ? `realtime:key:${channel}\n${key}` : ''
    const place = [newEpoch(), known.epoch, `${known.offset}`]
    const words = [...place, event, `${this.#events}`, this.#nameOf(channel), own, `${KEY_MS}`]
    return placedOf(await this.#run<string>(PLACE, channel, words))
  }

  async enter(channel: string, { id, name }: Member): Promise<void> {
    await this.#run(ENTER, channel, [this.#nameOf(channel), id, name, this.#instance])
    this.listener?.joined(channel, { id, name })
  }

  async leave(channel: string, { id }: Member): Promise<void> {
    await this.#run(LEAVE, channel, [this.#nameOf(channel), id, this.#instance])
  }

  async members(channel: string): Promise<Member[]> {
    const words = [this.#nameOf(channel), LIFE]
    const members = await this.#run<string[]>(MEMBERS, channel, words)
    return members.map((text) => JSON.parse(text))
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asking.pExpire(LIFE + this.#instance, AFTERLIFE_MS).catch(() => {})
    for (const client of [this.#asking, this.#hearing]) client.destroy()
  }

  #nameOf = (channel: string) => PREFIX + channel

  /** The same for all channels: by it a subscription is known that is given up and wanted again at once. */
  #onMessage = (text: string, name: string) => this.#hear(name.slice(PREFIX.length), text)

  async #run<Answer>(script: string, channel: string, words: string[]): Promise<Answer> {
    const name = this.#nameOf(channel)
    const keys = [`${name}:place`, `${name}:events`, `${name}:members`]
    return (await this.#reach(this.#asking.eval(script, { keys, arguments: words }))) as Answer
  }

  async #reach<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      this.#log.debug(error)
      throw new Refusal(503, 'The broker cannot be reached: try again.')
    }
  }

  #hear(channel: string, text: string): void {
    const type = text.slice(0, text.indexOf(' '))
    const rest = text.slice(type.length + 1)
    if (type === 'joined') this.listener?.joined(channel, JSON.parse(rest))
    else if (type === 'left') this.listener?.left(channel, rest)
    else {
      const { event, ...at } = placedOf(rest)
      this.listener?.heard(channel, at, event)
    }
  }

  /** When the broker is back, whatever was missed is asked for. */
  #tell(): void {
    const { ready } = this
    if (ready === this.#wasReady) return
    this.#wasReady = ready
    if (!ready) this.#log.warn('the broker cannot be reached')
    else {
      this.#log.info('the broker can be reached')
      void this.#live().then(() => this.listener?.returned())
    }
  }

  /** Whether the others had no reason to take this instance for dead. */
  async #live(): Promise<boolean> {
    const how = { PX: LIFE_MS, GET: true } as const
    return (await this.#asking.set(LIFE + this.#instance, '1', how).catch(() => '')) !== null
  }

  /** Now and then: says that this instance lives, and compares where channels stand. */
  async #look(): Promise<void> {
    if (!this.ready) return
    if (!(await this.#live())) this.listener?.returned()
    for (const channel of this.#followed) {
      const at = await this.read(channel, NOTHING, 0).catch(() => undefined)
      if (!at) return
      this.listener?.stands(channel, at)
    }
  }
}

const PREFIX = 'realtime:'
const LIFE = 'realtime:instance:'
const NOTHING = { epoch: '', offset: 0 }

function placedOf(text: string): Placed {
  const [epoch = '', offset = ''] = text.split(' ', 2)
  const event = text.slice(epoch.length + offset.length + 2)
  return { epoch, offset: Number(offset), event }
}
