import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Registry
  }
}

const PROBES = ['/livez', '/readyz', '/metrics']

/** Times every answer by its route, and logs it. */
export function observe(app: FastifyInstance): void {
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const seconds = new Histogram({
    name: 'http_request_seconds',
    help: 'Time until the answer was sent',
    labelNames: ['method', 'route', 'status'],
    registers: [metrics],
  })
  app.decorate('metrics', metrics)
  app.addHook('onResponse', async ({ method, url, routeOptions, log }, reply) => {
    const { statusCode: status, elapsedTime } = reply
    const route = routeOptions.url ?? 'none'
    seconds.observe({ method, route, status }, elapsedTime / 1000)
    const ms = Math.round(elapsedTime * 100) / 100
    const level = PROBES.includes(route) ? 'debug' : 'info'
    log[level]({ method, path: url.split('?')[0], status, ms }, 'answered')
  })
}
