import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { WebSocket } from 'ws'
import { checkOf } from '#contract'
import type {
  ClientMessage,
  Member,
  PresenceRequest,
  Publish,
  ServerMessage,
  Subscribe,
  Unsubscribe,
} from '#contract/realtime'
import { type Identity, need } from '../access.ts'
import { isDeep, problem, Refusal } from '../contract.ts'
import { newTrace, span } from '../telemetry.ts'
import { collector } from '../tracing/collector.ts'
import type { Channel } from './channel.ts'
import { messageFrame } from './frames.ts'
import type { Hub } from './hub.ts'
import { Bucket } from './limits.ts'
import { Outbox } from './outbox.ts'

const check = checkOf('ClientMessage')
/** A control frame without a payload. */
const PING = Buffer.from([0x89, 0])
const PONG = messageFrame({ type: 'pong' })
const NOT_TEXT = 1003
const NOT_JSON = 1007
const RESTART = 1012
const EXPIRED = 4001
const SLOW = 4008
const TOO_MUCH = 4029
/** Messages that may wait for the one before them, before no more are read. */
const WAITING = 32
/** Milliseconds for a reader to take the reason why it is disconnected. */
const LAST_WORD_MS = 2_000

const HOLDER = Symbol('connection')

type Held = WebSocket & { [HOLDER]?: Connection }

/**
 * One browser, or program, at the other end of a WebSocket. It writes past ws, so that one frame serves all sockets:
 * sound, as nothing is compressed and ws writes whole frames.
 */
export class Connection extends Outbox {
  readonly member: Member
  /** In the log this tells one connection from others; its client is told, too. */
  readonly session = randomUUID()
  /** Whether anything came since the last look. */
  alive = true
  #who: Identity
  #log: FastifyBaseLogger
  #socket: WebSocket
  #channels = new Set<string>()
  #bucket = new Bucket()
  #work = DONE
  #waiting = 0
  #leaving = false

  constructor(hub: Hub, log: FastifyBaseLogger, socket: WebSocket, wire: Duplex, who: Identity) {
    super(hub, wire, 'frames')
    this.#log = log
    this.#socket = socket
    this.#who = who
    this.member = { id: who.id, name: who.name }
    const held: Held = socket
    held[HOLDER] = this
    socket.on('message', onMessage)
    socket.on('ping', onPing)
    socket.on('pong', onPong)
    socket.on('close', onClose)
    socket.on('error', onError)
    const { heartbeat, message: maxBytes } = hub.limits
    this.#say({ type: 'welcome', session: this.session, heartbeat, maxBytes })
  }

  /** Asks for a sign of life; cuts the line when the last question was not answered. */
  beat(): void {
    if (this.#who.expires < Date.now()) this.#close(EXPIRED, 'The token has expired.')
    else if (this.alive) this.push(PING)
    else this.#socket.terminate()
    this.alive = false
  }

  /** What was taken is finished, nothing more is taken, and the client is told when to come back. */
  async restart(wait: number): Promise<void> {
    this.#leaving = true
    await this.#work
    this.#say({ type: 'restart', wait })
    this.#close(RESTART, 'The service restarts.')
  }

  terminate(): void {
    this.#socket.terminate()
  }

  protected get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  protected cut(): void {
    this.#close(SLOW, 'Too slow: come back and resume.')
    const wire = this.wire as Duplex & { resetAndDestroy?(): void }
    // What the kernel still holds for a reader that does not read would stay there.
    const end = setTimeout(() => wire.resetAndDestroy?.(), LAST_WORD_MS)
    this.#socket.once('close', () => clearTimeout(end))
  }

  protected gapAt({ name: channel, epoch, rule }: Channel, offset: number): Buffer {
    const members = rule.presence && { members: this.hub.members(channel) }
    return messageFrame({ type: 'gap', channel, epoch, offset, ...members })
  }

  #close(code: number, reason: string): void {
    this.#leaving = true
    this.#log.debug({ session: this.session, code }, reason)
    this.leave()
    this.end()
    this.#socket.close(code, reason)
  }

  /** A sign of life; whether one more of them is not too much. */
  admits(): boolean {
    this.alive = true
    const { rate, burst } = this.hub.limits
    if (this.#leaving) return false
    if (this.#bucket.take(rate, burst)) return true
    this.#close(TOO_MUCH, 'Send less.')
    return false
  }

  hear(data: Buffer, binary: boolean): void {
    if (!this.admits()) return
    if (binary) this.#close(NOT_TEXT, 'Send text.')
    else if (this.#who.expires < Date.now()) this.#close(EXPIRED, 'The token has expired.')
    else {
      const message = parse(data.toString())
      if (message === undefined) this.#close(NOT_JSON, 'Send JSON.')
      else this.#queue(message)
    }
  }

  /** One after the other, for a subscription or a publish may have to wait for somebody else. */
  #queue(message: unknown): void {
    if (++this.#waiting === WAITING) this.#socket.pause()
    this.#work = this.#work.then(async () => {
      await this.#take(message)
      if (this.#waiting-- === WAITING) this.#socket.resume()
    })
  }

  async #take(message: unknown): Promise<void> {
    try {
      if (isDeep(message)) throw new Refusal(422, 'The message is nested too deep.')
      const issues = check(message)
      if (issues.length > 0)
        throw new Refusal(422, 'The message does not keep to the contract.', issues)
      await this.#trace(message as ClientMessage)
    } catch (error) {
      this.#refuse(message, error)
    }
  }

  /** Each message begins a trace of its own, if there is anyone who collects them. */
  #trace(message: ClientMessage): void | Promise<void> {
    if (!collector) return this.#answer(message)
    const destination = 'channel' in message && { 'messaging.destination.name': message.channel }
    const attributes = { 'session.id': this.session, ...destination }
    return span(message.type, newTrace(undefined), () => this.#answer(message), {
      kind: 'server',
      attributes,
    })
  }

  #answer(message: ClientMessage): void | Promise<void> {
    switch (message.type) {
      case 'subscribe':
        return this.#subscribe(message)
      case 'unsubscribe':
        return this.#unsubscribe(message)
      case 'publish':
        return this.#publish(message)
      case 'presence':
        return this.#tellMembers(message)
      case 'ping':
        this.push(PONG)
    }
  }

  async #subscribe({ id, channel: name, since }: Subscribe): Promise<void> {
    const { subscriptions } = this.hub.limits
    if (this.#channels.size >= subscriptions && !this.#channels.has(name))
      throw new Refusal(429, `At most ${subscriptions} subscriptions per connection.`)
    need({ identity: this.#who }, 'read', name)
    const { channel, recovered, missed } = await this.hub.subscribe(name, this, since)
    this.#channels.add(name)
    if (!this.isOpen) return this.left()
    this.forget(channel) // what still waits is told by the answer, or follows it
    const present = channel.rule.presence && { members: this.hub.members(name) }
    const { position } = channel
    this.#say({ type: 'accepted', id, channel: name, ...position, recovered, ...present })
    if (missed && missed.entries.length > 0) this.deliver(channel, missed)
  }

  #unsubscribe({ id, channel }: Unsubscribe): void {
    this.#channels.delete(channel)
    const left = this.hub.unsubscribe(channel, this)
    if (left) this.forget(left)
    this.#say({ type: 'accepted', id, channel })
  }

  async #publish({ id, channel, data, key }: Publish): Promise<void> {
    need({ identity: this.#who }, 'publish', channel)
    const position = await this.hub.accept(channel, data, this.member, key)
    this.#say({ type: 'accepted', id, channel, ...position })
  }

  async #tellMembers({ id, channel }: PresenceRequest): Promise<void> {
    need({ identity: this.#who }, 'read', channel)
    this.#say({ type: 'accepted', id, channel, members: await this.hub.membersOf(channel) })
  }

  #refuse(message: unknown, error: unknown): void {
    const { id } = Object(message)
    const known = error instanceof Refusal
    const body = known ? problem(error.statusCode, error.message, error.errors) : problem(500)
    const isId = Number.isSafeInteger(id) && id >= 0
    this.#say({ type: 'refused', ...(isId && { id }), problem: body })
    if (!known) this.#log.error({ err: error, session: this.session })
  }

  left(): void {
    this.end()
    for (const channel of this.#channels) this.hub.unsubscribe(channel, this, true)
    this.#channels.clear()
  }

  #say(message: ServerMessage): void {
    this.push(messageFrame(message))
  }
}

// One function for all connections, as closures of each would take more memory than the rest of it.

function onMessage(this: Held, data: unknown, binary: boolean): void {
  this[HOLDER]?.hear(data as Buffer, binary)
}

function onPing(this: Held): void {
  this[HOLDER]?.admits()
}

function onPong(this: Held): void {
  if (this[HOLDER]) this[HOLDER].alive = true
}

function onClose(this: Held): void {
  this[HOLDER]?.left()
}

/** ws closes the socket itself, with the right code. */
function onError(): void {}

const DONE = Promise.resolve()

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
