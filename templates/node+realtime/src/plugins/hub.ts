import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { Gauge } from 'prom-client'
import { WebSocketServer } from 'ws'
import { addressOf } from '#contract'
import type { Plugin } from '../app.ts'
import { refuseRaw } from '../contract.ts'
import { Connection, RESTART } from '../realtime/connection.ts'
import { Hub, limits } from '../realtime/hub.ts'

declare module 'fastify' {
  interface FastifyInstance {
    hub: Hub
  }
}

const NAME = 60
const PATH = addressOf('toService')

/** Turns upgrade requests for the socket into connections, and looks after them. */
class Upgrades {
  readonly connections = new Set<Connection>()
  #hub: Hub
  #log: FastifyBaseLogger
  #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false, // 20 times the memory and 6 times the time, for messages of this size
    maxPayload: limits.message,
  })
  #timer = setInterval(() => this.#beat(), limits.heartbeat)
  #draining = false

  constructor(hub: Hub, log: FastifyBaseLogger) {
    this.#hub = hub
    this.#log = log
  }

  upgrade(request: IncomingMessage, wire: Duplex, head: Buffer): void {
    wire.on('error', () => wire.destroy())
    const url = URL.parse(request.url ?? '', 'http://service')
    const refusal = this.#refusal(request, url?.pathname)
    if (!url || refusal) {
      refuseRaw(wire, refusal ?? 404)
      return
    }
    this.#server.handleUpgrade(request, wire, head, (socket) => {
      const name = (url.searchParams.get('name') ?? '').trim().slice(0, NAME)
      const connection = new Connection(this.#hub, this.#log, socket, wire, name)
      this.connections.add(connection)
      socket.on('close', () => this.connections.delete(connection))
    })
  }

  /** Tells every client to come back, to whichever instance is then there. */
  close(): void {
    this.#draining = true
    clearInterval(this.#timer)
    for (const connection of this.connections) connection.close(RESTART, 'The service restarts.')
  }

  #refusal({ headers }: IncomingMessage, path: string | undefined): number | undefined {
    if (path !== PATH) return 404
    if (this.#draining || this.connections.size >= limits.connections) return 503
    // A browser tells where its page is from, and only our own page may use the visitor's connection.
    const { origin, host } = headers
    if (origin && (!URL.canParse(origin) || new URL(origin).host !== host)) return 403
    return undefined
  }

  #beat(): void {
    for (const connection of this.connections) connection.beat()
  }
}

/** The hub, and the WebSocket that leads to it. */
const plugin: Plugin = (app) => {
  const hub = new Hub()
  const upgrades = new Upgrades(hub, app.log)
  app.decorate('hub', hub)
  app.server.on('upgrade', (request, wire, head) => upgrades.upgrade(request, wire, head))
  new Gauge({
    name: 'websocket_connections',
    help: 'Open WebSockets',
    registers: [app.metrics],
    collect() {
      this.set(upgrades.connections.size)
    },
  })
  app.addHook('preClose', async () => {
    hub.close()
    upgrades.close()
  })
}

export default plugin
