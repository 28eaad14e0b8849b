// The socket of the contract: one connection, many channels, for browsers and services alike.
import type { Problem } from '../generated/common.ts'
import type {
  Accepted,
  Delivery,
  Gap,
  Publish,
  ServerMessage,
  Welcome,
} from '../generated/realtime.ts'
import { Channel, type Listener } from './channel.ts'
import { Connection } from './connection.ts'
import { backoff, newKey } from './http.ts'

export type { Listener, Standing } from './channel.ts'
export type { State } from './connection.ts'

interface Request {
  message: Publish
  bytes: number
  /** How often it was refused for the moment. */
  attempt: number
  resolve(answer: Accepted): void
  reject(reason: Error): void
}

/** How much may wait for its answer. */
const WAITING = 50
const WAITING_BYTES = 1 << 18

/** Refused now, but not for good. */
const PASSING = [429, 503]

const encoder = new TextEncoder()

/** One connection: it returns by itself and misses nothing that the service still has. */
export class Live extends Connection {
  #maxBytes = Number.POSITIVE_INFINITY
  #session = ''
  #id = 0
  #channels = new Map<string, Channel>()
  #requests = new Map<number, Request>()

  /** Several listeners may share a channel. Returns the way to stop listening. */
  subscribe(name: string, listener: Listener): () => void {
    const known = this.#channels.get(name)
    const channel = known ?? new Channel(name)
    this.#channels.set(name, channel)
    channel.listeners.add(listener)
    if (!known || known.refused) this.#ask(channel)
    else if (known.asked === undefined) queueMicrotask(() => channel.greet(listener))
    return () => {
      if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return
      this.#channels.delete(name)
      this.send({ type: 'unsubscribe', id: ++this.#id, channel: name })
    }
  }

  /** Repeated with the same key, over any number of connections, until the service has answered. */
  publish(channel: string, data: Record<string, unknown>): Promise<Accepted> {
    const id = ++this.#id
    const message: Publish = { type: 'publish', id, channel, data, key: newKey() }
    const { length } = encoder.encode(JSON.stringify(message))
    return new Promise((resolve, reject) => {
      if (this.state.name === 'refused') return reject(new Error(this.state.reason))
      if (!this.#hasRoomFor(length))
        return reject(new Error('Too much is waiting to be sent. Try again later.'))
      this.#requests.set(id, { message, bytes: length, attempt: 0, resolve, reject })
      this.#publish(id)
    })
  }

  protected hear(message: ServerMessage): void {
    if (message.type === 'welcome') this.#welcomed(message)
    else if (message.type === 'accepted') this.#accepted(message)
    else if (message.type === 'event') this.#deliver(message)
    else if (message.type === 'gap') this.#missed(message)
    else if (message.type === 'joined' || message.type === 'left')
      this.#channels.get(message.channel)?.move(message.type, message.member)
    else if (message.type === 'refused' && message.id !== undefined)
      this.#refused(message.id, message.problem)
  }

  protected giveUp(reason: string): void {
    for (const id of this.#requests.keys()) this.#take(id)?.reject(new Error(reason))
  }

  #welcomed({ session, maxBytes }: Welcome): void {
    this.#session = session
    this.#maxBytes = maxBytes
    for (const channel of this.#channels.values()) this.#ask(channel)
    for (const id of this.#requests.keys()) this.#publish(id)
  }

  #accepted(answer: Accepted): void {
    this.#take(answer.id)?.resolve(answer)
    const channel = this.#channels.get(answer.channel ?? '')
    if (!channel || channel.asked !== answer.id) return
    channel.asked = undefined
    channel.attempt = 0
    const { epoch, offset, recovered = false, members = [] } = answer
    // When recovered, the missed events follow, each moving our place on.
    if (!recovered && epoch !== undefined && offset !== undefined) channel.place = { epoch, offset }
    channel.stand(recovered, members)
  }

  #missed({ channel: name, epoch, offset, members }: Gap): void {
    const channel = this.#channels.get(name)
    if (!channel) return
    channel.place = { epoch, offset }
    channel.stand(false, members)
  }

  #deliver({ channel: name, epoch, offset, event }: Delivery): void {
    const channel = this.#channels.get(name)
    if (!channel || channel.asked !== undefined) return
    if (channel.place?.epoch === epoch) {
      if (offset <= channel.place.offset) return
      if (offset > channel.place.offset + 1) {
        this.#ask(channel)
        return
      }
    }
    channel.place = { epoch, offset }
    for (const listener of channel.listeners) listener.event(event)
  }

  #refused(id: number, { status, title, detail = title }: Problem): void {
    const channel = [...this.#channels.values()].find(({ asked }) => asked === id)
    const request = this.#requests.get(id)
    if (PASSING.includes(status)) {
      if (request) this.#later(request, () => this.#publish(id))
      if (channel) this.#later(channel, () => channel.asked === id && this.#ask(channel))
      return
    }
    this.#take(id)?.reject(new Error(detail))
    channel?.refuse(detail)
  }

  /** Asks again, unless there is another connection by then: a welcome is answered with all that counts. */
  #later(what: Request | Channel, ask: () => void): void {
    const session = this.#session
    setTimeout(() => session === this.#session && ask(), backoff(what.attempt++))
  }

  #ask(channel: Channel): void {
    // Left in the meantime: nobody would hear it.
    if (channel.listeners.size === 0) return
    channel.asked = ++this.#id
    channel.refused = false
    const since = channel.place && { since: channel.place }
    this.send({ type: 'subscribe', id: channel.asked, channel: channel.name, ...since })
  }

  #publish(id: number): void {
    const request = this.#requests.get(id)
    if (!request) return
    // The service would close the connection, and we would come back with the same.
    if (request.bytes <= this.#maxBytes) this.send(request.message)
    else this.#take(id)?.reject(new Error('The message is too long.'))
  }

  #hasRoomFor(more: number): boolean {
    const waiting = [...this.#requests.values()].reduce((sum, { bytes }) => sum + bytes, more)
    return this.#requests.size < WAITING && waiting <= WAITING_BYTES
  }

  #take(id: number): Request | undefined {
    const request = this.#requests.get(id)
    this.#requests.delete(id)
    return request
  }
}
