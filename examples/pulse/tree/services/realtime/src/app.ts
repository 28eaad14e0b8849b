import { globSync } from 'node:fs'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { Access } from './access.ts'
import { type Environment, NAME, readConfig } from './config.ts'
import { answerError, explain } from './contract.ts'
import { guard, LIMITS } from './edge.ts'
import { observe } from './observe.ts'
import { traceOf } from './telemetry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    env: Environment
    /** What readiness depends on: each says whether it is fine. */
    checks: Map<string, () => boolean>
  }
}

/** What plugins/ and routes/ consist of: each file adds one thing to the app. */
export type Plugin = (app: FastifyInstance) => void | Promise<void>

/** The service: all of plugins/, then all of routes/. Drop a file in to add something, delete it to be rid of it. */
export async function createApp(env: Environment): Promise<FastifyInstance> {
  const app = Fastify({
    logger: loggerOf(readConfig(env).logLevel),
    // One line per request is enough: observe.ts writes it. The trace of a request is its id.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'trace' }),
    ...LIMITS,
    frameworkErrors: answerError,
    genReqId: (request) => traceOf(request).id,
  })
  app.decorate('env', env)
  app.decorate('checks', new Map())
  app.decorate('access', new Access(env))
  if (app.access.open)
    app.log.warn('nobody signs in: whoever reaches this service may do everything')
  explain(app)
  observe(app)
  guard(app)
  for (const file of globSync('{plugins,routes}/*.ts', { cwd: import.meta.dirname }).sort()) {
    const { default: plugin }: { default: Plugin } = await import(`./${file}`)
    await plugin(app)
  }
  return app
}

/** One JSON object per line, with the same names in every service. */
const loggerOf = (level: string) => ({
  level,
  base: { service: NAME },
  messageKey: 'message',
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (label: string) => ({ level: label }) },
  serializers: { err: told },
})

/** Of an error no more than this: others hang whole requests on theirs, with headers and all. */
function told(error: Error): { type: string; message: string; stack: string } {
  const { name: type, message, stack = '', cause } = error
  return { type, message, stack, ...(cause instanceof Error && { cause: told(cause) }) }
}
