import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { Refusal } from '../contract.ts'
import { connect, connectionTo } from '../realtime/redis.ts'
import { DONE, KEEP_ASIDE, LEAVE, PUT, TAKE } from './scripts.ts'
import { ASIDE, type Entry, type State, type Store } from './store.ts'

/** An instance that calls, and has not asked for so long, is dead. A call takes less. */
const LIFE_MS = 8_000
/** How often whoever calls looks for what others have put, and all others whether it still lives. */
const LOOK_MS = 50
const WATCH_MS = 1_000

/** Streams, for several instances: any of them puts; one calls, and another takes over when that one dies. */
export class RedisStore implements Store {
  #instance = randomUUID()
  #client: ReturnType<typeof connectionTo>
  #log: FastifyBaseLogger
  #rows: number
  /** How many waited when a destination was last written to. */
  #lengths = new Map<string, number>()
  /** Of each destination that is called from here: ends the wait for something to do. */
  #wake = new Map<string, () => void>()

  private constructor(url: string, rows: number, log: FastifyBaseLogger) {
    this.#client = connectionTo(url)
    this.#client.on('error', () => {}) // the broker, which uses the same server, tells
    this.#rows = rows
    this.#log = log
  }

  static async connect(url: string, rows: number, log: FastifyBaseLogger): Promise<RedisStore> {
    const store = new RedisStore(url, rows, log)
    await connect(store.#client)
    return store
  }

  async put(destination: string, id: string, body: unknown): Promise<void> {
    const words = [`${this.#rows}`, id, `${Date.now()}`, JSON.stringify(body)]
    const length = await this.#run<number>(PUT, destination, words)
    this.#lengths.set(destination, length < 0 ? this.#rows : length)
    if (length < 0) throw new Refusal(503, 'Too much waits: try again later.')
    this.#wake.get(destination)?.()
  }

  async hasRoom(destination: string, more: number): Promise<boolean> {
    if ((this.#lengths.get(destination) ?? 0) + more <= this.#rows) return true
    const { pending } = await this.state(destination)
    this.#lengths.set(destination, pending)
    return pending + more <= this.#rows
  }

  async take(destination: string, limit: number, signal: AbortSignal): Promise<Entry[]> {
    const words = [this.#instance, `${LIFE_MS}`, `${limit}`]
    const found = await this.#run<string[][] | null>(TAKE, destination, words)
    if (!found) await sleep(WATCH_MS, undefined, { signal, ref: false })
    else if (found.length === 0)
      await new Promise<void>((resolve) => {
        setTimeout(resolve, LOOK_MS)
        this.#wake.set(destination, resolve)
      })
    return (found ?? []).map(([place = '', id = '', at, body = '']) => {
      return { id, body: JSON.parse(body), at: Number(at), place }
    })
  }

  async done(destination: string, entries: Entry[]): Promise<void> {
    const words = entries.flatMap(({ place, id }) => [`${place}`, id])
    await this.#run(DONE, destination, words)
  }

  async setAside(destination: string, entry: Entry, reason: string): Promise<void> {
    const { id, at, body } = entry
    const words = [`${ASIDE}`, id, `${at}`, JSON.stringify(body), reason]
    await this.#run(KEEP_ASIDE, destination, words)
    await this.done(destination, [entry])
  }

  async state(destination: string): Promise<State> {
    const [stream = ''] = keysOf(destination)
    const asked = [this.#client.xLen(stream), this.#client.xRange(stream, '-', '+', { COUNT: 1 })]
    const [pending, [first]] = (await this.#reach(Promise.all(asked))) as [number, [Message?]]
    return { pending, oldest: first && Number(first.message.at) }
  }

  async close(): Promise<void> {
    for (const destination of this.#wake.keys())
      await this.#run(LEAVE, destination, [this.#instance]).catch(() => {})
    this.#client.destroy()
  }

  async #run<Answer>(script: string, destination: string, words: string[]): Promise<Answer> {
    const asked = this.#client.eval(script, { keys: keysOf(destination), arguments: words })
    return (await this.#reach(asked)) as Answer
  }

  async #reach<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      this.#log.debug(error)
      throw new Refusal(503, 'The outbox cannot be reached: try again.')
    }
  }
}

interface Message {
  message: Record<string, string>
}

const keysOf = (destination: string) =>
  ['waiting', 'ids', 'caller', 'aside'].map((key) => `outbox:${destination}:${key}`)
