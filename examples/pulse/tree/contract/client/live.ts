// The socket of the contract: one connection, many channels, for browsers and services alike.
import type {
  Accepted,
  ClientMessage,
  Delivery,
  Event,
  Member,
  ServerMessage,
  Welcome,
} from '../generated/realtime.ts'
import { backoff, newKey } from './http.ts'

export type State =
  | { name: 'connecting' | 'online' | 'waiting' }
  | { name: 'refused'; reason: string }

/** What a panel hears of a channel. */
export interface Listener {
  event(event: Event): void
  /** Subscribed, or subscribed again; unless `recovered`, events may have been missed. */
  accepted?(answer: Accepted): void
  refused?(reason: string): void
  joined?(member: Member): void
  left?(member: Member): void
}

interface Channel {
  listeners: Set<Listener>
  place?: { epoch: string; offset: number }
  /** The subscribe request that is under way. */
  asked?: number
}

interface Request {
  message: ClientMessage
  resolve(answer: Accepted): void
  reject(reason: Error): void
}

const RESTARTED = 1012
const NOT_ALLOWED = [4001, 4003]

/** One connection: it returns by itself and misses nothing that the service still has. */
export class Live {
  state: State = { name: 'connecting' }
  #url: () => string
  #socket: WebSocket | undefined
  #attempt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #heard = 0
  #maxBytes = Number.POSITIVE_INFINITY
  #id = 0
  #channels = new Map<string, Channel>()
  #requests = new Map<number, Request>()
  #watchers = new Set<(state: State) => void>()

  constructor(url: () => string) {
    this.#url = url
  }

  watch(watcher: (state: State) => void): void {
    this.#watchers.add(watcher)
    watcher(this.state)
  }

  /** Opens the connection now, whatever was under way. */
  connect(): void {
    clearTimeout(this.#timer)
    this.#socket?.close()
    const socket = new WebSocket(this.#url())
    this.#socket = socket
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#hear(JSON.parse(data) as ServerMessage)
    }
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#closed(code, reason)
    }
    this.#tell({ name: 'connecting' })
  }

  /** The network or the reader is back: no need to sit out the wait. */
  wake(): void {
    if (this.state.name === 'waiting') this.connect()
  }

  /** Several listeners may share a channel. Returns the way to stop listening. */
  subscribe(name: string, listener: Listener): () => void {
    const channel = this.#channels.get(name) ?? { listeners: new Set() }
    channel.listeners.add(listener)
    if (!this.#channels.has(name)) {
      this.#channels.set(name, channel)
      this.#ask(name, channel)
    }
    return () => {
      channel.listeners.delete(listener)
      if (channel.listeners.size > 0) return
      this.#channels.delete(name)
      this.#send({ type: 'unsubscribe', id: ++this.#id, channel: name })
    }
  }

  /** Repeated with the same key, over any number of connections, until the service has answered. */
  publish(channel: string, data: Record<string, unknown>): Promise<Accepted> {
    const id = ++this.#id
    const message: ClientMessage = { type: 'publish', id, channel, data, key: newKey() }
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { message, resolve, reject })
      this.#send(message)
    })
  }

  #hear(message: ServerMessage): void {
    this.#heard = Date.now()
    if (message.type === 'welcome') this.#welcomed(message)
    else if (message.type === 'accepted') this.#accepted(message)
    else if (message.type === 'event') this.#deliver(message)
    else if (message.type === 'joined' || message.type === 'left') {
      for (const listener of this.#listeners(message.channel))
        listener[message.type]?.(message.member)
    } else if (message.type === 'refused' && message.id !== undefined) {
      const { title, detail = title } = message.problem
      this.#refused(message.id, detail)
    }
  }

  #welcomed({ heartbeat, maxBytes }: Welcome): void {
    this.#attempt = 0
    this.#maxBytes = maxBytes
    this.#tell({ name: 'online' })
    for (const [name, channel] of this.#channels) this.#ask(name, channel)
    for (const { message } of this.#requests.values()) this.#send(message)
    this.#beat(heartbeat)
  }

  /** A sign of life now and then; two beats of silence mean that the line is dead. */
  #beat(heartbeat: number): void {
    this.#timer = setTimeout(() => {
      if (Date.now() - this.#heard > 2 * heartbeat) this.connect()
      else {
        this.#send({ type: 'ping' })
        this.#beat(heartbeat)
      }
    }, heartbeat)
  }

  #accepted(answer: Accepted): void {
    this.#requests.get(answer.id)?.resolve(answer)
    this.#requests.delete(answer.id)
    const channel = this.#channels.get(answer.channel ?? '')
    if (channel?.asked !== answer.id || !channel) return
    delete channel.asked
    // When recovered, the missed events follow, each moving our place on.
    const { epoch, offset, recovered } = answer
    if (!recovered && epoch !== undefined && offset !== undefined) channel.place = { epoch, offset }
    for (const listener of channel.listeners) listener.accepted?.(answer)
  }

  #refused(id: number, reason: string): void {
    this.#requests.get(id)?.reject(new Error(reason))
    this.#requests.delete(id)
    const channel = [...this.#channels.values()].find(({ asked }) => asked === id)
    for (const listener of channel?.listeners ?? []) listener.refused?.(reason)
  }

  #deliver({ channel: name, epoch, offset, event }: Delivery): void {
    const channel = this.#channels.get(name)
    if (!channel || channel.asked !== undefined) return
    if (channel.place?.epoch === epoch) {
      if (offset <= channel.place.offset) return
      if (offset > channel.place.offset + 1) {
        this.#ask(name, channel)
        return
      }
    }
    channel.place = { epoch, offset }
    for (const listener of channel.listeners) listener.event(event)
  }

  #listeners(name: string): Iterable<Listener> {
    return this.#channels.get(name)?.listeners ?? []
  }

  #ask(name: string, channel: Channel): void {
    channel.asked = ++this.#id
    const since = channel.place && { since: channel.place }
    this.#send({ type: 'subscribe', id: channel.asked, channel: name, ...since })
  }

  /** Says nothing while there is no connection: #welcomed() asks again for all that still counts. */
  #send(message: ClientMessage): void {
    if (this.state.name !== 'online') return
    const text = JSON.stringify(message)
    const isTooLong = new TextEncoder().encode(text).length > this.#maxBytes
    // The service would close the connection, and we would come back with the same.
    if (isTooLong && 'id' in message) this.#refused(message.id, 'The message is too long.')
    else this.#socket?.send(text)
  }

  #closed(code: number, reason: string): void {
    clearTimeout(this.#timer)
    if (NOT_ALLOWED.includes(code)) {
      this.#tell({ name: 'refused', reason })
      for (const id of this.#requests.keys()) this.#refused(id, reason)
    } else {
      const wait = code === RESTARTED ? Math.random() * 5_000 : backoff(this.#attempt++)
      this.#timer = setTimeout(() => this.connect(), wait)
      this.#tell({ name: 'waiting' })
    }
  }

  #tell(state: State): void {
    this.state = state
    for (const watcher of this.#watchers) watcher(state)
  }
}
