import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AllOperations } from '#contract/common'
import { faultOf, type Operation, operations } from '#operations'
import { need } from './access.ts'
import { text, url } from './config.ts'
import { Refusal, serve } from './contract.ts'
import { traceOf, traceparent } from './telemetry.ts'

/** Milliseconds until an answer has to begin. */
const TIMEOUT_MS = 15_000
/** Of an answer, these reach the caller. */
const PASSED = ['location', 'retry-after', 'cache-control', 'x-accel-buffering']

/**
 * Serves operations by asking services/ml, which knows the service token; its answers are held against the contract.
 * Whoever reads, or does anything, needs that right on the channel, though nothing is published there.
 */
export function forward(
  app: FastifyInstance,
  channel: string,
  ...ids: (keyof AllOperations)[]
): void {
  const root = `${url(app.env, 'ML_URL', 'http://127.0.0.1:8000')}`.replace(/\/$/, '')
  const token = text(app.env, 'SERVICE_TOKEN', '')
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  for (const id of ids) {
    const operation = operations.get(id) as Operation
    const stop = operation.method === 'GET' ? closing.signal : undefined // who only listens comes back
    serve(app, id, async (_, request, reply) => {
      need(request, operation.method === 'GET' ? 'read' : 'publish', channel)
      const left = new AbortController()
      reply.raw.once('close', () => left.abort())
      const signal = AbortSignal.any(stop ? [left.signal, stop] : [left.signal])
      const answer = await ask(operation, root, request, token, signal)
      return pass(operation, answer, reply, signal)
    })
  }
}

/** Made anew from the contract, so that no request can lead elsewhere. */
function pathOf({ path }: Operation, { params, url }: FastifyRequest): string {
  const named = params as Record<string, string>
  const [, search] = url.split(/(?=\?)/, 2)
  return (
    path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(`${named[name]}`)) + (search ?? '')
  )
}

async function ask(
  operation: Operation,
  root: string,
  request: FastifyRequest,
  token: string,
  signal: AbortSignal,
): Promise<Response> {
  const key = request.headers['idempotency-key']
  const json = operation.body !== undefined
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), TIMEOUT_MS)
  try {
    return await fetch(`${root}${pathOf(operation, request)}`, {
      method: operation.method,
      signal: AbortSignal.any([signal, late.signal]),
      headers: {
        traceparent: traceparent(traceOf(request)),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(key && { 'idempotency-key': `${key}` }),
        ...(json && { 'content-type': 'application/json' }),
      },
      ...(json && { body: JSON.stringify(request.body) }),
    })
  } catch {
    throw new Refusal(503, 'services/ml does not answer.')
  } finally {
    clearTimeout(timer) // an answer that has begun may take as long as it likes
  }
}

async function pass(
  operation: Operation,
  answer: Response,
  reply: FastifyReply,
  signal: AbortSignal,
): Promise<never> {
  const type = answer.headers.get('content-type') ?? ''
  const streams = answer.ok && operation.endless
  const body = streams ? '' : await answer.text()
  const fault = faultOf(operation, answer.status, type, body)
  if (fault) {
    reply.log.error(`services/ml: ${fault}`)
    throw new Refusal(502, 'services/ml answers otherwise than the contract says.')
  }
  for (const name of PASSED) {
    const value = answer.headers.get(name)
    if (value) reply.header(name, value)
  }
  reply.code(answer.status).type(type)
  if (!streams) return reply.send(Buffer.from(body)) as never
  reply.header('connection', 'close') // nothing follows a stream, which may end with the service
  return reply.send(Readable.from(chunks(answer, signal))) as never
}

/** As they come, no faster than the caller takes them; when this service ends the stream just ends. */
async function* chunks({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
