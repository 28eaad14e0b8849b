import { globSync } from 'node:fs'
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { Access } from './access.ts'
import { type Environment, NAME, readConfig } from './config.ts'
import { answerError, explain, refuseRaw } from './contract.ts'
import { newTrace, observe } from './telemetry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    env: Environment
    /** What readiness depends on: each says whether it is fine. */
    checks: Map<string, () => boolean>
  }
}

/** Statuses of what is broken otherwise than by its form. */
const BROKEN: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

/** What plugins/ and routes/ consist of: each file adds one thing to the app. */
export type Plugin = (app: FastifyInstance) => void | Promise<void>

/** The service: all of plugins/, then all of routes/. Drop a file in to add something, delete it to be rid of it. */
export async function createApp(env: Environment): Promise<FastifyInstance> {
  const app = Fastify({
    logger: loggerOf(readConfig(env).logLevel),
    // One line per request is enough: telemetry.ts writes it. The trace of a request is its id.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'trace' }),
    bodyLimit: 1 << 20,
    // How long a part of a path may be is for the contract to say.
    routerOptions: { maxParamLength: 1 << 12 },
    frameworkErrors: answerError,
    genReqId: ({ headers }) => newTrace(headers.traceparent).id,
    forceCloseConnections: 'idle',
    // What is not even HTTP is refused in the same form as everything else.
    // A header that comes twice is not the first of the two: it is refused where it matters.
    http: { joinDuplicateHeaders: true },
    clientErrorHandler: ({ code }, socket) => refuseRaw(socket, BROKEN[code] ?? 400),
  })
  app.decorate('env', env)
  app.decorate('checks', new Map())
  app.decorate('access', new Access(env))
  if (app.access.open)
    app.log.warn('nobody signs in: whoever reaches this service may do everything')
  explain(app)
  observe(app)
  letGo(app)
  for (const file of globSync('{plugins,routes}/*.ts', { cwd: import.meta.dirname }).sort()) {
    const { default: plugin }: { default: Plugin } = await import(`./${file}`)
    await plugin(app)
  }
  return app
}

/** Browsers connect ahead of need: a connection that never asked for anything must not hold up the end. */
function letGo(app: FastifyInstance): void {
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('preClose', async () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  })
}

/** One JSON object per line, with the same names in every service. */
const loggerOf = (level: string) => ({
  level,
  base: { service: NAME },
  messageKey: 'message',
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (label: string) => ({ level: label }) },
})
