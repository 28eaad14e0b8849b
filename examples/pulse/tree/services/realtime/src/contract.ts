import type { Check } from '@repo/contract'
import { operations } from '@repo/contract/operations'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from './problems.ts'

/** The answer's body; undefined for none. What an operation promises is what its types say. */
export type Handler<Input, Answer> = (
  input: Input,
  request: FastifyRequest,
  reply: FastifyReply,
) => Answer | Promise<Answer>

/** Path, query and body of a request, as the contract describes them. */
export interface Input<Body = undefined> {
  path: Record<string, string>
  query: Record<string, string | number | undefined>
  body: Body
}

/** Serves an operation of contract/openapi under its path; what breaks the contract never reaches the handler. */
export function serve<Body, Answer>(
  app: FastifyInstance,
  operationId: string,
  handler: Handler<Input<Body>, Answer>,
): void {
  const operation = operations.get(operationId)
  if (!operation) throw new Error(`contract/openapi has no operation ${operationId}`)
  const { path, query, header } = operation.parameters
  app.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
    async handler(request, reply) {
      keep(path.check, request.params, 'path')
      keep(header.check, request.headers, 'header')
      const numbers = withNumbers(request.query as Record<string, string>, query.numbers)
      keep(query.check, numbers, 'query')
      if (operation.body?.type === 'application/json') keep(operation.body.check, request.body)
      const input = { path: request.params, query: numbers, body: request.body } as Input<Body>
      return handler(input, request, reply)
    },
  })
}

function keep(check: Check, value: unknown, place = ''): void {
  const issues = check(value).map(({ path, message }) => ({ path: `${place}${path}`, message }))
  if (issues.length > 0)
    throw new Refusal(422, 'The request does not keep to the contract.', issues)
}

/** A query is text: what is to be a number becomes one, unless it is none. */
function withNumbers(query: Record<string, string>, names: string[]): Input['query'] {
  const read = (name: string, value: string) =>
    names.includes(name) && value.trim() !== '' && !Number.isNaN(Number(value))
      ? Number(value)
      : value
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, read(name, value)]))
}
