import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { collector } from './tracing/collector.ts'
import type { Details } from './tracing/otlp.ts'

/** W3C Trace Context: ties what all services do for one request together. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  id: string
  /** 16 of them: the step of the trace that is being done here. */
  span: string
  /** The step that led to it. */
  parent?: string
  flags: string
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

const hex = (bytes: number) => randomBytes(bytes).toString('hex')

/** Continues the trace of a traceparent header; begins one when there is none that is valid. */
export function newTrace(traceparent: unknown): TraceContext {
  const [, id = hex(16), parent, given] = TRACEPARENT.exec(`${traceparent}`) ?? []
  const flags = collector?.flags(id, given) ?? given ?? '01'
  return { id, span: hex(8), ...(parent && { parent }), flags }
}

/** What tells the caller, or another service that is called, of this step. */
export const traceparent = ({ id, span, flags }: TraceContext) => `00-${id}-${span}-${flags}`

const traces = new WeakMap<IncomingMessage, TraceContext>()

/** The trace of a request: its id is the request's. */
export function traceOf(request: FastifyRequest | IncomingMessage): TraceContext {
  const raw = 'raw' in request ? request.raw : request
  const trace = traces.get(raw) ?? newTrace(raw.headers.traceparent)
  traces.set(raw, trace)
  return trace
}

/** Whether the trace is recorded, as its sampled flag says. */
export const isSampled = ({ flags }: TraceContext) => (Number.parseInt(flags, 16) & 1) === 1

/** Does some work as a step of its own, which takes no time when its trace is not recorded. */
export function span<T>(
  name: string,
  context: TraceContext,
  work: (step: TraceContext) => T,
  details: Details = {},
): T {
  const to = isSampled(context) ? collector : undefined
  if (!to) return work(context)
  const step = { ...context, span: hex(8), parent: context.span }
  const [at, start] = [Date.now(), performance.now()]
  const end = (error?: unknown) =>
    to.add({ name, context: step, at, ms: performance.now() - start, error, ...details })
  try {
    const result = work(step)
    if (result instanceof Promise) result.then(() => end(), end)
    else end()
    return result
  } catch (error) {
    end(error)
    throw error
  }
}

/** Asked often, and by machines: not worth a line of the log each, and open to whoever reaches the port. */
export const PROBES = ['/livez', '/readyz', '/metrics']
