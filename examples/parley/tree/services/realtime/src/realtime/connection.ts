import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { WebSocket } from 'ws'
import { checkOf, promise } from '#contract'
import type {
  ClientMessage,
  Member,
  PresenceRequest,
  Publish,
  ServerMessage,
  Subscribe,
  Unsubscribe,
} from '#contract/realtime'
import { problem, Refusal } from '../contract.ts'
import { type Entry, type Peer, textFrame } from './channel.ts'
import { type Hub, limits } from './hub.ts'

const check = checkOf('ClientMessage')
const keepsToServerMessage = promise('ServerMessage')
const NOT_TEXT = 1003
const NOT_JSON = 1007
export const RESTART = 1012
const TOO_MUCH = 4029

/** One browser, or program, at the other end of a WebSocket. */
export class Connection implements Peer {
  readonly member: Member
  /** Whether anything came since the last look. */
  alive = true
  #hub: Hub
  #log: FastifyBaseLogger
  #socket: WebSocket
  #wire: Duplex
  #channels = new Set<string>()
  #tokens = limits.burst
  #refilled = Date.now()

  constructor(hub: Hub, log: FastifyBaseLogger, socket: WebSocket, wire: Duplex, name: string) {
    this.#hub = hub
    this.#log = log
    this.#socket = socket
    this.#wire = wire
    const id = randomUUID()
    this.member = { id, name: name || `guest ${id.slice(0, 4)}` }
    socket.on('message', (data, binary) => this.#hear(data as Buffer, binary))
    socket.on('pong', () => {
      this.alive = true
    })
    socket.on('close', () => this.#leave())
    socket.on('error', () => {}) // ws closes the socket itself, with the right code
    const { heartbeat, message: maxBytes } = limits
    this.#say({ type: 'welcome', session: id, heartbeat, maxBytes })
  }

  deliver(entries: Entry[]): void {
    this.#write(entries.length === 1 && entries[0] ? entries[0].frame : join(entries))
  }

  tell(frame: Buffer): void {
    this.#write(frame)
  }

  /** Asks for a sign of life; cuts the line when the last question was not answered. */
  beat(): void {
    if (this.alive) this.#socket.ping()
    else this.#socket.terminate()
    this.alive = false
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  #hear(data: Buffer, binary: boolean): void {
    this.alive = true
    if (binary) this.close(NOT_TEXT, 'Send text.')
    else if (!this.#mayPass()) this.close(TOO_MUCH, 'Send less.')
    else {
      const message = parse(data.toString())
      if (message === undefined) this.close(NOT_JSON, 'Send JSON.')
      else this.#take(message)
    }
  }

  #take(message: unknown): void {
    try {
      const issues = check(message)
      if (issues.length > 0)
        throw new Refusal(422, 'The message does not keep to the contract.', issues)
      this.#answer(message as ClientMessage)
    } catch (error) {
      this.#refuse(message, error)
    }
  }

  #answer(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message)
        break
      case 'unsubscribe':
        this.#unsubscribe(message)
        break
      case 'publish':
        this.#publish(message)
        break
      case 'presence':
        this.#tellMembers(message)
        break
      case 'ping':
        this.#say({ type: 'pong' })
    }
  }

  #subscribe({ id, channel, since }: Subscribe): void {
    if (this.#channels.size >= limits.subscriptions && !this.#channels.has(channel))
      throw new Refusal(429, `At most ${limits.subscriptions} subscriptions per connection.`)
    const { position, recovered, missed } = this.#hub.subscribe(channel, this, since)
    this.#channels.add(channel)
    const members = this.#hub.members(channel)
    const present = members.length > 0 && { members }
    this.#say({ type: 'accepted', id, channel, ...position, recovered, ...present })
    if (missed.length > 0) this.deliver(missed)
  }

  #unsubscribe({ id, channel }: Unsubscribe): void {
    this.#channels.delete(channel)
    this.#hub.unsubscribe(channel, this)
    this.#say({ type: 'accepted', id, channel })
  }

  #publish({ id, channel, data, key }: Publish): void {
    const position = this.#hub.accept(channel, data, this.member, key)
    this.#say({ type: 'accepted', id, channel, ...position })
  }

  #tellMembers({ id, channel }: PresenceRequest): void {
    this.#say({ type: 'accepted', id, channel, members: this.#hub.members(channel) })
  }

  #refuse(message: unknown, error: unknown): void {
    const { id } = Object(message)
    const known = error instanceof Refusal
    const body = known ? problem(error.statusCode, error.message, error.errors) : problem(500)
    this.#say({ type: 'refused', ...(Number.isInteger(id) && id >= 0 && { id }), problem: body })
    if (!known) this.#log.error(error)
  }

  /** A bucket of tokens, refilled at a steady rate. */
  #mayPass(): boolean {
    const now = Date.now()
    const gained = ((now - this.#refilled) / 1000) * limits.rate
    this.#tokens = Math.min(limits.burst, this.#tokens + gained) - 1
    this.#refilled = now
    return this.#tokens >= 0
  }

  #leave(): void {
    for (const channel of this.#channels) this.#hub.unsubscribe(channel, this)
    this.#channels.clear()
  }

  #say(message: ServerMessage): void {
    keepsToServerMessage(message)
    this.#write(textFrame(JSON.stringify(message)))
  }

  /** Past ws, so that one frame serves all sockets: sound as nothing is compressed and ws writes whole frames. */
  #write(frame: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#wire.write(frame)
    if (this.#wire.writableLength > limits.backlog) this.#socket.terminate()
  }
}

const join = (entries: Entry[]) => Buffer.concat(entries.map(({ frame }) => frame))

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
