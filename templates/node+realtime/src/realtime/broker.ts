import { randomBytes } from 'node:crypto'
import type { Member, Position } from '#contract/realtime'

/** The newest events of a channel, as JSON; the last one stands at the position. */
export interface Log extends Position {
  events: string[]
}

/** Where an event was placed: with a key that was there before, the place and the event of then. */
export interface Placed extends Position {
  event: string
}

/** What the broker calls when something has come. */
export interface Listener {
  heard(channel: string, at: Position, event: string): void
  joined(channel: string, member: Member): void
  left(channel: string, id: string): void
  /** Where a channel stands: perhaps not all of that was heard. */
  stands(channel: string, at: Position): void
  /** The broker was away: every channel may have missed something. */
  returned(): void
}

/** Orders the events of each channel and carries them to every instance that follows it. */
export interface Broker {
  /** Whether it can be reached. */
  readonly ready: boolean
  /** Given once, before anything else. */
  listener?: Listener
  /** From then on the channel is heard. */
  follow(channel: string): Promise<Log>
  unfollow(channel: string): void
  /** If less is there than was known, the channel begins anew. */
  read(channel: string, known: Position): Promise<Log>
  publish(channel: string, event: string, known: Position, key?: string): Promise<Placed>
  /** This instance has a member in the channel, or has none of that id any more. */
  enter(channel: string, member: Member): Promise<void>
  leave(channel: string, member: Member): Promise<void>
  /** Who is in the channel by way of any instance. */
  members(channel: string): Promise<Member[]>
  close(): Promise<void>
}

/** A history of its own, so that nobody takes an offset for one of another. */
export const newEpoch = () => randomBytes(6).toString('base64url')

/** How long a key counts, in milliseconds. */
export const KEY_MS = 300_000
const KEY_BYTES = 1 << 24

/** The broker of a single process: with it, channels begin anew when the process does. */
export class MemoryBroker implements Broker {
  readonly ready = true
  listener?: Listener
  #places = new Map<string, Position>()
  #keys = new Map<string, Placed & { until: number }>()
  #keyBytes = 0

  async follow(channel: string): Promise<Log> {
    this.#places.set(channel, { epoch: newEpoch(), offset: 0 })
    return this.read(channel)
  }

  unfollow(channel: string): void {
    this.#places.delete(channel)
  }

  async read(channel: string): Promise<Log> {
    return { ...(this.#places.get(channel) ?? { epoch: '', offset: 0 }), events: [] }
  }

  async publish(channel: string, event: string, _: Position, key?: string): Promise<Placed> {
    const name = key && `${channel}\n${key}`
    const before = name && this.#keys.get(name)
    const place = this.#places.get(channel)
    if (before && before.epoch === place?.epoch) return before
    if (!place) throw new Error(`${channel} is not followed`)
    place.offset++
    const placed = { ...place, event }
    if (name) this.#remember(name, placed)
    this.listener?.heard(channel, place, event)
    return placed
  }

  async enter(channel: string, member: Member): Promise<void> {
    this.listener?.joined(channel, member)
  }

  async leave(channel: string, { id }: Member): Promise<void> {
    this.listener?.left(channel, id)
  }

  async members(): Promise<Member[]> {
    return []
  }

  async close(): Promise<void> {}

  /** Old keys go, and the oldest when there are too many. */
  #remember(name: string, placed: Placed): void {
    this.#forget(name)
    this.#keys.set(name, { ...placed, until: Date.now() + KEY_MS })
    this.#keyBytes += placed.event.length + name.length
    for (const [old, { until }] of this.#keys) {
      if (until > Date.now() && this.#keyBytes <= KEY_BYTES) break
      this.#forget(old)
    }
  }

  #forget(name: string): void {
    const { event } = this.#keys.get(name) ?? {}
    if (this.#keys.delete(name)) this.#keyBytes -= (event?.length ?? 0) + name.length
  }
}
