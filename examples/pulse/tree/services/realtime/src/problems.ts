import { STATUS_CODES } from 'node:http'
import type { Issue, Problem } from '@repo/contract/common'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'

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

function refuse(reply: FastifyReply, body: Problem): FastifyReply {
  // As bytes, for to text Fastify would add a charset, which JSON has none of.
  const bytes = Buffer.from(JSON.stringify(body))
  return reply.code(body.status).type('application/problem+json').send(bytes)
}

/** Answers every error with a problem document; what is our own fault is logged, not told. */
export function explain(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    refuse(
      reply,
      problem(404, `There is nothing at ${request.method} ${request.url.split('?')[0]}.`),
    ),
  )
  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error(error)
    const errors = error instanceof Refusal ? error.errors : []
    return refuse(reply, problem(status, status === 500 ? '' : error.message, errors))
  })
}
