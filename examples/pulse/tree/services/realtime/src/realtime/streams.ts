import { randomUUID } from 'node:crypto'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Position } from '#contract/realtime'
import { need } from '../access.ts'
import { Refusal } from '../contract.ts'
import type { Channel, Form } from './channel.ts'
import type { Hub } from './hub.ts'
import { Tally } from './limits.ts'
import { Outbox } from './outbox.ts'

/** Whoever listens returns within so many milliseconds after a restart. */
const RETURN_MS = 2_000

/** Who reads one channel over HTTP, for as long as both sides like. */
export abstract class Stream extends Outbox {
  declare readonly wire: ServerResponse

  get isOpen(): boolean {
    return this.wire.writable
  }

  /** The first words. */
  begin(_channel: Channel, _recovered: boolean): void {}

  /** A sign of life. */
  beat(): void {}

  /** The last words, for a reader who is to come back after a wait. */
  restart(_wait: number): void {
    this.leave()
    this.wire.end()
  }

  close(): void {
    this.end()
  }

  protected cut(): void {
    this.wire.destroy()
  }
}

/** A kind of stream: how it is made, and what its answer begins with. */
interface Kind {
  headers: OutgoingHttpHeaders
  form: Form
  stream: new (hub: Hub, wire: ServerResponse, form: Form) => Stream
}

/** All streams of this instance, and what holds for each of them. */
export class Streams {
  #app: FastifyInstance
  #hub: Hub
  #open = new Set<Stream>()
  #members = new Tally()
  #closing = false

  constructor(app: FastifyInstance, hub: Hub) {
    this.#app = app
    this.#hub = hub
  }

  get size(): number {
    return this.#open.size
  }

  /** Answers a request with all that is published on a channel from now on, or since a position. */
  async serve(
    { headers, form, stream: Kind }: Kind,
    name: string,
    request: FastifyRequest,
    reply: FastifyReply,
    since?: Position,
  ): Promise<void> {
    need(request, 'read', name)
    const response = reply.raw
    this.#admit(request, response)
    const stream = new Kind(this.#hub, response, form)
    const { channel, recovered, missed } = await this.#hub.subscribe(name, stream, since)
    const leave = this.#keep(stream, name, request)
    response.on('close', leave)
    if (response.destroyed) return leave()
    if (this.#closing) {
      leave()
      throw new Refusal(503, 'The service restarts.')
    }
    reply.hijack()
    response.writeHead(200, { ...reply.getHeaders(), ...headers } as OutgoingHttpHeaders)
    response.flushHeaders()
    stream.begin(channel, recovered)
    if (missed && missed.entries.length > 0) stream.deliver(channel, missed)
  }

  /** Tells every reader to come back, each at a time of its own. */
  close(): void {
    this.#closing = true
    for (const stream of this.#open) stream.restart(Math.round(Math.random() * RETURN_MS))
  }

  /** Where nobody signs in all are strangers, and only their number counts. */
  #admit({ identity }: FastifyRequest, response: ServerResponse): void {
    const { connections, connectionsPerMember } = this.#hub.limits
    const id = this.#app.access.open ? randomUUID() : identity.id
    if (this.size >= connections) throw new Refusal(503, 'There are too many.')
    if (this.#members.of(id) >= connectionsPerMember)
      throw new Refusal(429, 'Too many connections of yours.')
    this.#members.add(id, 1)
    response.once('close', () => this.#members.add(id, -1))
  }

  /** Looks after a stream until what is returned is called. */
  #keep(stream: Stream, name: string, { identity }: FastifyRequest): () => void {
    this.#open.add(stream)
    const beat = setInterval(() => {
      if (identity.expires < Date.now()) stream.restart(0)
      else stream.beat()
    }, this.#hub.limits.heartbeat)
    return () => {
      clearInterval(beat)
      stream.close()
      this.#open.delete(stream)
      this.#hub.unsubscribe(name, stream)
    }
  }
}
