import { STATUS_CODES } from 'node:http'
import type { Writable } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Check, checksAnswers } from '#contract'
import type { AllOperations, Issue, Problem } from '#contract/common'
import { faultOf, type Operation, operations, type Parameters } from '#operations'
import { PROBES } from './telemetry.ts'

/** What an operation takes, its defaults filled in, and what it may answer: undefined for no body. */
type Taken<Id extends keyof AllOperations> =
  AllOperations[Id] extends Described<infer Input, infer Defaults>
    ? Input & Required<Pick<Input, Defaults & keyof Input>>
    : never
type Answer<Id extends keyof AllOperations> = AllOperations[Id] extends { answer: Response }
  ? unknown
  : AllOperations[Id]['answer']

interface Described<Input, Defaults> {
  input: Input
  defaults: Defaults
}

export type Handler<Id extends keyof AllOperations> = (
  input: Taken<Id>,
  request: FastifyRequest,
  reply: FastifyReply,
) => Answer<Id> | Promise<Answer<Id>>

/** Serves an operation of contract/openapi under its path; what breaks the contract never reaches the handler. */
export function serve<Id extends keyof AllOperations>(
  app: FastifyInstance,
  operationId: Id,
  handler: Handler<Id>,
): void {
  const operation = operations.get(operationId)
  if (!operation) throw new Error(`contract/openapi has no operation ${operationId}`)
  app.route({
    method: operation.method,
    url: urlOf(operation),
    exposeHeadRoute: hasHead(operation),
    ...(checksAnswers && { onSend: keepPromise(operation) }),
    // Before the body is read. Metrics are for whoever reaches the port, as is what tells health.
    async onRequest(request) {
      const { headers } = request
      if (operation.secured) app.access.admit(headers)
      else if (!PROBES.includes(operation.path))
        request.identity = await app.access.identify(headers)
    },
    async handler(request, reply) {
      return handler(inputOf(operation, request) as unknown as Taken<Id>, request, reply)
    },
  })
}

/** All that was asked as one object, once it keeps to the contract. */
function inputOf({ parameters, body }: Operation, request: FastifyRequest) {
  const { path, query, header } = parameters
  const named = typed(request.params as Record<string, unknown>, path)
  keep(path.check, named, 'path')
  const brought = header.names.filter((name) => name in request.headers)
  const given = Object.fromEntries(brought.map((name) => [name, request.headers[name]]))
  const headers = typed(given, header)
  keep(header.check, headers, 'header')
  const asked = typed(request.query as Record<string, unknown>, query)
  keep(query.check, asked, 'query')
  if (body?.type === 'application/json') {
    if (isDeep(request.body)) throw new Refusal(422, 'The body is nested too deep.')
    keep(body.check, request.body)
  } else if (body && !request.headers['content-type']?.startsWith(body.type))
    throw new Refusal(415, `The body is to be ${body.type}.`)
  return {
    ...header.defaults,
    ...headers,
    ...query.defaults,
    ...asked,
    ...named,
    body: request.body,
  }
}

/** What is nested without end would break whoever walks through it later, and be it JSON.stringify. */
export const isDeep = (value: unknown, levels = 64): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((part) => isDeep(part, levels - 1)))

/** What has no end has no head either, which would be waited for as long. */
const hasHead = ({ method, endless }: Operation) => method === 'GET' && !endless

const urlOf = ({ path }: Operation) => path.replace(/\{(\w+)\}/g, ':$1')

/** What may be asked at a path, by the operations that are served there. */
function methodsAt(app: FastifyInstance, path: string): string[] {
  const here = [...operations.values()]
    .filter((operation) => new RegExp(`^${urlOf(operation).replace(/:\w+/g, '[^/]+')}$`).test(path))
    .filter((operation) =>
      app.hasRoute({ method: operation.method as 'GET', url: urlOf(operation) }),
    )
    .flatMap((operation) => (hasHead(operation) ? ['GET', 'HEAD'] : [operation.method]))
  return [...new Set(here)]
}

/** Turns an answer that breaks the contract into an error of ours, before anyone relies on it. */
function keepPromise(operation: Operation) {
  return async (_: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const text = typeof payload === 'string' || payload instanceof Buffer ? `${payload}` : ''
    const fault = faultOf(
      operation,
      reply.statusCode,
      `${reply.getHeader('content-type') ?? ''}`,
      text,
    )
    if (fault) throw new Error(fault)
    return payload
  }
}

function keep(check: Check, value: unknown, place = ''): void {
  const issues = check(value).map(({ path, message }) => ({ path: `${place}${path}`, message }))
  if (issues.length > 0)
    throw new Refusal(422, 'The request does not keep to the contract.', issues)
}

/** All that comes is text, or a list of texts for a name that comes twice: each becomes what it is to be, if it is that. */
export function typed(
  given: Record<string, unknown>,
  { numbers, lists }: Pick<Parameters, 'numbers' | 'lists'>,
) {
  const number = (value: unknown) =>
    `${value}`.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : value
  const read = (name: string, value: unknown) => {
    const list = lists.includes(name) ? [value].flat() : value
    if (!numbers.includes(name)) return list
    return Array.isArray(list) ? list.map(number) : number(list)
  }
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, read(name, value)]))
}

/** Thrown to refuse a request: it becomes a problem document (RFC 9457). */
export class Refusal extends Error {
  readonly statusCode: number
  readonly errors: Issue[]

  constructor(statusCode: number, detail: string, errors: Issue[] = []) {
    super(detail)
    this.statusCode = statusCode
    this.errors = errors
  }
}

export function problem(status: number, detail = '', errors: Issue[] = []): Problem {
  const title = STATUS_CODES[status] ?? 'Error'
  const details = { ...(detail && { detail }), ...(errors.length > 0 && { errors }) }
  return { type: 'about:blank', title, status, ...details }
}

/** The same on a bare socket, where there is no reply yet. */
export function refuseRaw(wire: Writable, status: number): void {
  const body = JSON.stringify(problem(status))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json',
    'x-content-type-options: nosniff',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...(status === 401 ? ['www-authenticate: Bearer'] : []),
  ]
  wire.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => wire.destroy())
}

/** Seconds after which what cannot be done now may be asked again. */
const RETRY_S = 1

function refuse(reply: FastifyReply, body: Problem): FastifyReply {
  // As bytes, for to text Fastify would add a charset, which JSON has none of.
  const bytes = Buffer.from(JSON.stringify(body))
  if (body.status === 401) reply.header('www-authenticate', 'Bearer')
  if (body.status === 503) reply.header('retry-after', RETRY_S)
  reply.code(body.status).header('x-content-type-options', 'nosniff')
  return reply.type('application/problem+json').send(bytes)
}

/** Answers an error with a problem document; what is our own fault is logged, not told. */
export function answerError(
  error: FastifyError | Refusal,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = error.statusCode ?? 500
  if (status >= 500) request.log.error(error)
  const errors = error instanceof Refusal ? error.errors : []
  return refuse(reply, problem(status, status === 500 ? '' : error.message, errors))
}

/** Explains every refusal, that of a path that is not served among them. */
export function explain(app: FastifyInstance): void {
  app.setNotFoundHandler(({ method, url }, reply) => {
    const [path = ''] = url.split('?')
    const allowed = methodsAt(app, path)
    if (allowed.length > 0) reply.header('allow', allowed.join(', '))
    const status = allowed.length > 0 ? 405 : 404
    return refuse(reply, problem(status, `There is nothing at ${method} ${path}.`))
  })
  app.setErrorHandler(answerError)
}
