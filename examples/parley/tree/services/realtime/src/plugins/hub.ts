import { Gauge } from 'prom-client'
import type { Plugin } from '../app.ts'
import { Hub } from '../realtime/hub.ts'
import { Upgrades } from '../realtime/upgrade.ts'

declare module 'fastify' {
  interface FastifyInstance {
    hub: Hub
  }
}

/** The hub, and the WebSocket at /ws that leads to it. */
const plugin: Plugin = (app) => {
  const hub = new Hub()
  const upgrades = new Upgrades(hub)
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
