import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { isSampled, PROBES, traceOf, traceparent } from './telemetry.ts'
import { collector, collectTraces } from './tracing/collector.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Registry
  }
}

/** What is written down of a caller who left before the answer was complete, as nginx does. */
const LEFT = 499

interface Answered {
  route: string
  status: number
  path: string
  ms: number
}

/** Tells the caller the trace of its request; times every answer by its route, logs it, and makes it a span. */
export function observe(app: FastifyInstance): void {
  collectTraces(app)
  const metrics = new Registry()
  // The lag of the event loop by a look every 100 ms: one every 10 ms, as by default, is most of what an idle service takes.
  collectDefaultMetrics({ register: metrics, eventLoopMonitoringPrecision: 100 })
  const seconds = new Histogram({
    name: 'http_request_seconds',
    help: 'Time until the answer was sent',
    labelNames: ['method', 'route', 'status'],
    registers: [metrics],
  })
  app.decorate('metrics', metrics)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('traceparent', traceparent(traceOf(request)))
    // Fastify's onResponse hook would miss whoever leaves early.
    reply.raw.once('close', () => {
      const { method, log, url, routeOptions } = request
      const route = routeOptions.url ?? 'none'
      const status = reply.raw.writableFinished ? reply.statusCode : LEFT
      const ms = Math.round(reply.elapsedTime * 100) / 100
      seconds.observe({ method, route, status }, ms / 1000)
      const [path = ''] = url.split('?') // what a query holds may be nobody's business
      const probe = PROBES.includes(route)
      log[probe ? 'debug' : 'info']({ method, path, status, ms }, 'answered')
      if (!probe) trace(request, { route, status, path, ms })
    })
  })
}

/** The names are those of OpenTelemetry's semantic conventions. */
function trace(request: FastifyRequest, { route, status, path, ms }: Answered): void {
  const context = traceOf(request)
  if (!isSampled(context)) return
  const { method, protocol } = request
  collector?.add({
    name: route === 'none' ? method : `${method} ${route}`,
    kind: 'server',
    context,
    at: Date.now() - ms,
    ms,
    ...(status >= 500 && { error: status }),
    attributes: {
      'http.request.method': method,
      'http.response.status_code': status,
      'url.path': path,
      'url.scheme': protocol,
      ...(route !== 'none' && { 'http.route': route }),
    },
  })
}
