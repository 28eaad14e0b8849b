import {
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { ProblemError } from '#client/http'
import { faultOf, operations } from '#operations'

const TIMEOUT_MS = 2_000
const FAILURES = 2
const PROBE_MS = 1_000

/** Why another service, which understood the question, refuses it: then asking again is no use. */
export const refusalOf = (error: unknown): string | undefined =>
  error instanceof ProblemError && error.problem.status === 422 ? error.message : undefined

/** How another service is called: after some failures in a row no more but for a probe now and then. */
export const careful = () =>
  wrap(
    circuitBreaker(
      handleWhen((error) => refusalOf(error) === undefined),
      { halfOpenAfter: PROBE_MS, breaker: new ConsecutiveBreaker(FAILURES) },
    ),
    timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive),
  )

export const bearer = (token: string): Record<string, string> =>
  token ? { authorization: `Bearer ${token}` } : {}

/** What breaks the contract is no answer. */
export function keepsPromise(id: string, { status, headers }: Response, body: string): void {
  const operation = operations.get(id)
  const fault = operation && faultOf(operation, status, headers.get('content-type') ?? '', body)
  if (fault) throw new Error(fault)
}
