import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { addressOf } from '#contract'
import type { Identity } from '../access.ts'
import { oneOf } from '../config.ts'
import { Refusal, refuseRaw } from '../contract.ts'
import { traceOf } from '../telemetry.ts'
import { Connection } from './connection.ts'
import type { Hub } from './hub.ts'
import { Bucket, Tally } from './limits.ts'

export const PATH = addressOf('toService')
const LOOPBACK = /^(::ffff:)?127\.|^::1$/
/** Close codes that are counted; a client may think of any, which count as 0. */
const CODES = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1012, 4001, 4008, 4029]
/** The connections are looked at in turns, so that not all are asked for a sign of life at once. */
const SLOTS = 50
/** Clients come back at this rate per second when the service restarts, but all of them within some seconds. */
const RETURNS = 500
const RETURN_MS = 10_000
/** Milliseconds for a client to take its leave. */
const FAREWELL_MS = 3_000

/** Turns upgrade requests into connections, and looks after them. */
export class Upgrades {
  readonly connections = new Set<Connection>()
  /** Refusals by status, and ends by close code. */
  readonly refused = new Map<number, number>()
  readonly closed = new Map<number, number>()
  #app: FastifyInstance
  #hub: Hub
  #server: WebSocketServer
  #slots = Array.from({ length: SLOTS }, () => new Set<Connection>())
  #turn = 0
  #timer: NodeJS.Timeout
  #bucket = new Bucket()
  #addresses = new Tally()
  #members = new Tally()
  #proxied: boolean
  #draining = false

  constructor(app: FastifyInstance, hub: Hub) {
    this.#app = app
    this.#hub = hub
    this.#proxied = oneOf(app.env, 'TRUST_PROXY', ['off', 'on']) === 'on'
    this.#timer = setInterval(() => this.#beat(), hub.limits.heartbeat / SLOTS).unref()
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false, // 20 times the memory and 6 times the time, for messages of this size
      maxPayload: hub.limits.message,
      handleProtocols: (offered) => offered.has('bearer') && 'bearer',
    })
  }

  async upgrade(request: IncomingMessage, wire: Duplex, head: Buffer): Promise<void> {
    wire.on('error', destroy)
    const address = this.#addressOf(request)
    try {
      const query = this.#admit(request, address)
      const who = await this.#app.access.identify(request.headers, query)
      if (wire.destroyed) return // who is gone already would be counted for ever
      this.#needRoom(address) // which may have gone while the token was checked
      if (this.#members.of(who.id) >= this.#hub.limits.connectionsPerMember)
        throw new Refusal(429, 'Too many connections of yours.')
      let taken = false
      this.#server.handleUpgrade(request, wire, head, (socket) => {
        taken = true
        this.#connect(socket, wire, who, address, traceOf(request).id)
      })
      if (!taken) count(this.refused, 400) // ws has answered what is no upgrade as it should be
    } catch (error) {
      const status = error instanceof Refusal ? error.statusCode : 500
      if (status === 500) this.#app.log.error({ err: error, trace: traceOf(request).id })
      count(this.refused, status)
      refuseRaw(wire, status)
    }
  }

  /** Tells every client to come back, each at a time of its own, to whichever instance is then there. */
  async close(): Promise<void> {
    this.#draining = true
    clearInterval(this.#timer)
    const all = [...this.connections]
    const within = Math.min(RETURN_MS, (all.length / RETURNS) * 1_000)
    await Promise.all(all.map((one) => one.restart(Math.round(Math.random() * within))))
    setTimeout(() => {
      for (const connection of this.connections) connection.terminate()
    }, FAREWELL_MS).unref()
  }

  /** What can be said without knowing who comes; the query, if there is nothing against it. */
  #admit({ url = '', headers, httpVersion }: IncomingMessage, address: string): URLSearchParams {
    // As it stands: what leads here by a detour has passed a proxy under another name.
    const [path, query] = url.split('?', 2)
    const { upgrades } = this.#hub.limits
    if (path !== PATH) throw new Refusal(404, 'There is no socket here.')
    if (httpVersion !== '1.1') throw new Refusal(400, 'This takes HTTP/1.1.')
    // Only our own page may use a visitor's connection.
    if (!this.#app.access.allowsOrigin(headers)) throw new Refusal(403, 'Not from this page.')
    this.#needRoom(address)
    if (!this.#bucket.take(upgrades, upgrades)) throw new Refusal(503, 'Too many at once.')
    return new URLSearchParams(query)
  }

  #needRoom(address: string): void {
    const { connections, connectionsPerAddress } = this.#hub.limits
    if (this.#draining || this.connections.size >= connections) throw new Refusal(503, 'Full.')
    if (this.#addresses.of(address) >= connectionsPerAddress && !LOOPBACK.test(address))
      throw new Refusal(429, 'Too many connections from there.')
  }

  /** Keeps nothing of the request, which would stay as long as the connection. */
  #connect(socket: WebSocket, wire: Duplex, who: Identity, address: string, trace: string): void {
    const connection = new Connection(this.#hub, this.#app.log, socket, wire, who)
    const { session } = connection
    this.#app.log.debug({ session, trace, member: who.id }, 'connected')
    const slot = this.#slots[this.connections.size % SLOTS]
    this.connections.add(connection)
    slot?.add(connection)
    this.#members.add(who.id, 1)
    this.#addresses.add(address, 1)
    socket.on('close', (code) => {
      this.connections.delete(connection)
      slot?.delete(connection)
      this.#members.add(who.id, -1)
      this.#addresses.add(address, -1)
      count(this.closed, CODES.includes(code) ? code : 0)
      this.#app.log.debug({ session, code }, 'disconnected')
    })
  }

  #addressOf({ headers, socket }: IncomingMessage): string {
    const said = this.#proxied
      ? `${headers['x-forwarded-for'] ?? ''}`.split(',').at(-1)?.trim()
      : ''
    return said || (socket.remoteAddress ?? '')
  }

  #beat(): void {
    this.#turn = (this.#turn + 1) % SLOTS
    for (const connection of this.#slots[this.#turn] ?? []) connection.beat()
  }
}

function count(counts: Map<number, number>, what: number): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

function destroy(this: Duplex): void {
  this.destroy()
}
