import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Registry
  }
}

/** W3C Trace Context: ties what all services do for one request together. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  id: string
  flags: string
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/** Continues the trace of a traceparent header; begins one when there is none that is valid. */
export function newTrace(traceparent: unknown): TraceContext {
  const [, id, flags] = TRACEPARENT.exec(`${traceparent}`) ?? []
  return id && flags ? { id, flags } : { id: randomBytes(16).toString('hex'), flags: '01' }
}

/** The trace of a request: its id is the request's. */
export const traceOf = ({ id, headers }: FastifyRequest): TraceContext => ({
  ...newTrace(headers.traceparent),
  id,
})

/** The header for a call to another service, which becomes a step of the same trace. */
export const traceparent = ({ id, flags }: TraceContext) =>
  `00-${id}-${randomBytes(8).toString('hex')}-${flags}`

export const PROBES = ['/livez', '/readyz', '/metrics']

/** Tells the caller the trace of its request; times every answer by its route, and logs it. */
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
  app.addHook('onRequest', async (request, reply) => {
    reply.header('traceparent', traceparent(traceOf(request)))
  })
  app.addHook('onResponse', async ({ method, url, routeOptions, log }, reply) => {
    const { statusCode: status, elapsedTime } = reply
    const route = routeOptions.url ?? 'none'
    seconds.observe({ method, route, status }, elapsedTime / 1000)
    const ms = Math.round(elapsedTime * 100) / 100
    const level = PROBES.includes(route) ? 'debug' : 'info'
    log[level]({ method, path: url.split('?')[0], status, ms }, 'answered')
  })
}
