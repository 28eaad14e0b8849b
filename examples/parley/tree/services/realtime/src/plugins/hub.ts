import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Plugin } from '../app.ts'
import { ConfigError, type Environment, text } from '../config.ts'
import { Refusal } from '../contract.ts'
import { type Broker, MemoryBroker } from '../realtime/broker.ts'
import { Hub } from '../realtime/hub.ts'
import { readLimits } from '../realtime/limits.ts'
import { measure } from '../realtime/metrics.ts'
import { Streams } from '../realtime/streams.ts'
import { PATH, Upgrades } from '../realtime/upgrades.ts'

declare module 'fastify' {
  interface FastifyInstance {
    hub: Hub
    streams: Streams
  }
}

/** The hub, and the ways that lead to it. */
const plugin: Plugin = async (app) => {
  const limits = readLimits(app.env)
  const hub = new Hub(await brokerOf(app, limits.historyMessages), limits)
  const upgrades = new Upgrades(app, hub)
  const streams = new Streams(app, hub)
  app.decorate('hub', hub)
  app.decorate('streams', streams)
  app.checks.set('broker', () => hub.ready)
  // Other upgrades, such as h2c, which curl offers, are no reason to refuse a request (from Node 24 on).
  const shouldUpgradeCallback = ({ headers }: IncomingMessage) =>
    headers.upgrade?.toLowerCase() === 'websocket'
  Object.assign(app.server, { shouldUpgradeCallback })
  app.server.on('upgrade', (request, wire, head) => upgrades.upgrade(request, wire, head))
  // A browser does not learn why its upgrade is refused: here it can ask.
  app.get(PATH, async ({ headers }, reply) => {
    await app.access.identify(headers)
    reply.header('upgrade', 'websocket')
    throw new Refusal(426, 'This is a WebSocket.')
  })
  measure(app.metrics, hub, upgrades, streams)
  app.addHook('preClose', () => {
    streams.close()
    return upgrades.close()
  })
  // Last, for requests that are under way still publish.
  app.addHook('onClose', () => hub.close())
}

/** Where several instances meet; empty for one alone. */
export function redisUrl(env: Environment): string {
  const url = text(env, 'REDIS_URL', '')
  // The address itself may hold a password.
  if (url && !/^rediss?:/.test(URL.parse(url)?.protocol ?? ''))
    throw new ConfigError('REDIS_URL: must be an address such as redis://127.0.0.1:6379')
  return url
}

/** One process needs nothing more; several meet in Redis. */
async function brokerOf({ env, log }: FastifyInstance, events: number): Promise<Broker> {
  const url = redisUrl(env)
  if (!url) return new MemoryBroker()
  const { RedisBroker } = await import('../realtime/redis.ts')
  return RedisBroker.connect(url, events, log)
}

export default plugin
