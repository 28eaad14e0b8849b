import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { Refusal } from '../contract.ts'
import type { Entry, State, Store } from './store.ts'

/** One of what was asked that is never taken, though the others are. */
export interface Refused {
  index: number
  reason: string
}

/** Another service, as what waits for it sees it. */
export interface Destination<Body> {
  readonly name: string
  /** So many go along with one call. */
  readonly batch: number
  /** Resolves when the other service has all but some, and what is to follow is done. They may come again. */
  deliver(bodies: Body[]): Promise<Refused[]>
  /** Why the other service will never take what it was asked; undefined when it may at another time. */
  reasonOf(error: unknown): string | undefined
  /** What is to follow for one that is never taken. */
  giveUp?(body: Body): Promise<void>
  /** After a call that failed, and the first that did not. */
  tell?(state: 'up' | 'down'): void
}

const RETRY_MS = 100
const RETRY_MOST_MS = 2_000

/** What waits for one destination: one call at a time, in order, until each is taken or refused for good. */
export class Queue<Body> {
  readonly destination: Destination<Body>
  readonly count = { delivered: 0, refused: 0, full: 0 }
  #store: Store
  #log: FastifyBaseLogger
  #stop = new AbortController()
  #running = Promise.resolve()
  #failures = 0

  constructor(store: Store, destination: Destination<Body>, log: FastifyBaseLogger) {
    this.#store = store
    this.destination = destination
    this.#log = log
  }

  get name(): string {
    return this.destination.name
  }

  /** Refuses when so many more would not fit. */
  async admit(more: number): Promise<void> {
    if (await this.#store.hasRoom(this.name, more)) return
    this.count.full++
    throw new Refusal(503, `Too much waits for services/${this.name}: try again later.`)
  }

  /** Resolves when it is kept for sure; with an id that waits already, nothing more waits. */
  async put(id: string, body: Body): Promise<void> {
    await this.#store.put(this.name, id, body)
  }

  state(): Promise<State> {
    return this.#store.state(this.name)
  }

  /** Begins at once, or after a while when something is left from before. */
  start(wait = 0): void {
    this.#running = this.#run(wait)
  }

  /** Finishes the call that is under way; the rest stays for the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(wait: number): Promise<void> {
    const { signal } = this.#stop
    const idle = (ms: number) => sleep(ms, undefined, { ref: false, signal }).catch(() => {})
    const { pending } = await this.state().catch(() => ({ pending: 0 }))
    if (pending > 0) await idle(wait)
    while (!signal.aborted)
      try {
        const entries = await this.#store.take(this.name, this.destination.batch, signal)
        if (entries.length > 0) await this.#settle(entries)
      } catch (error) {
        if (signal.aborted) return
        this.#log.debug(error)
        await idle(pauseAfter(this.#failures++))
      }
  }

  /** What is refused for good is looked for, so that it takes nothing along. */
  async #settle(entries: Entry[]): Promise<void> {
    let refused: Refused[]
    try {
      refused = await this.destination.deliver(entries.map(({ body }) => body as Body))
    } catch (error) {
      const reason = this.destination.reasonOf(error)
      if (reason === undefined) this.destination.tell?.('down')
      if (reason === undefined) throw error
      const [entry] = entries
      if (entry && entries.length === 1) return this.#giveUp(entry, reason)
      const middle = Math.ceil(entries.length / 2)
      await this.#settle(entries.slice(0, middle))
      return this.#settle(entries.slice(middle))
    }
    const reasons = new Map(refused.map(({ index, reason }) => [entries[index], reason]))
    const taken = entries.filter((entry) => !reasons.has(entry))
    await this.#store.done(this.name, taken)
    this.count.delivered += taken.length
    for (const [entry, reason] of reasons) if (entry) await this.#giveUp(entry, reason)
    this.#works()
  }

  async #giveUp(entry: Entry, reason: string): Promise<void> {
    this.#log.error({ id: entry.id, reason }, `services/${this.name} refuses what it is asked`)
    await this.destination.giveUp?.(entry.body as Body)
    await this.#store.setAside(this.name, entry, reason)
    this.count.refused++
    this.#works()
  }

  #works(): void {
    if (this.#failures > 0) this.destination.tell?.('up')
    this.#failures = 0
  }
}

/** Longer each time, and by chance, so that not all come back at once. */
const pauseAfter = (failures: number) =>
  Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** failures) * (0.5 + Math.random())
