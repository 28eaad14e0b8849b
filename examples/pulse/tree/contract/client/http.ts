// A typed client of the contract over fetch, for browsers and services alike.
import type { Problem } from '../generated/common.ts'

/** An operation as generated/<area>.json tells it. */
export interface Route {
  method: string
  path: string
  query: string[]
  headers: string[]
  /** Of the body. */
  type?: string
}

export type Token = () => string | undefined | Promise<string | undefined>

/** The header that tells who calls. */
export async function bearer(token: Token | undefined): Promise<Record<string, string>> {
  const known = await token?.()
  return known ? { authorization: `Bearer ${known}` } : {}
}

export interface Settings {
  /** Where the service is; the page's own origin when left out. */
  base?: URL | string
  headers?: Record<string, string>
  /** Of who calls, where people sign in. */
  token?: Token
  /** Milliseconds until an answer begins. */
  timeout?: number
  /** How often a call that may be repeated is: one that changes nothing, or has an idempotency key. */
  retries?: number
}

export interface Once {
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Sees the answer before its body is read, and throws if it is not what was promised. */
  seen?(answer: Response, body: string): void
}

interface Described {
  input: object
  answer: unknown
}

type Arguments<Input> =
  Record<never, never> extends Input ? [input?: Input, once?: Once] : [input: Input, once?: Once]

/** A function for each operation: it takes path, query, headers and body as one object. */
export type Client<Operations> = {
  [Id in keyof Operations]: Operations[Id] extends Described
    ? (...words: Arguments<Operations[Id]['input']>) => Promise<Operations[Id]['answer']>
    : never
}

/** A refusal of the service, as its problem document explains it. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    const places = (problem.errors ?? []).map(
      ({ path, message }) => `${path || 'input'}: ${message}`,
    )
    super([problem.detail ?? problem.title, ...places].join(' · '))
    this.problem = problem
  }
}

/** No answer: the service is not there, or the way to it is cut. */
export class Unreachable extends Error {}

export function clientOf<Operations>(
  routes: Record<keyof Operations, Route>,
  settings: Settings = {},
): Client<Operations> {
  const calls = Object.entries<Route>(routes).map(([id, route]) => [
    id,
    (input: Input = {}, once: Once = {}) => call(route, input, once, settings),
  ])
  return Object.fromEntries(calls)
}

type Input = Record<string, unknown>

const KEY = 'idempotency-key'

/** A key that nobody else has. (`randomUUID` is not there for a page that came over plain HTTP.) */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')

const SAFE = ['GET', 'PUT', 'DELETE']
const AGAIN = [429, 502, 503]

/** By a 504 the service tells that it tried in vain, a gateway only that it did not wait. */
const passing = ({ status, headers }: Response): boolean =>
  AGAIN.includes(status) ||
  (status === 504 && !headers.get('content-type')?.startsWith(PROBLEM_TYPE))

async function call(route: Route, input: Input, once: Once, settings: Settings): Promise<unknown> {
  const given = { ...settings.headers, ...(await bearer(settings.token)), ...once.headers }
  const headers = headersOf(route, input, given)
  const streams = input.body instanceof ReadableStream // it can be read once
  const repeatable = !streams && (SAFE.includes(route.method) || headers[KEY])
  const retries = repeatable ? (settings.retries ?? 2) : 0
  for (let attempt = 0; ; attempt++) {
    const answer = await ask(route, input, headers, once, settings).catch((error: Error) => error)
    const last = attempt >= retries || once.signal?.aborted
    if (answer instanceof Error) {
      if (last)
        throw once.signal?.aborted ? answer : new Unreachable('The service does not answer.')
    } else if (attempt > 0 && route.method === 'DELETE' && answer.status === 404)
      return // by then it was gone
    else if (last || !passing(answer)) return read(answer, once)
    const asked = answer instanceof Error ? null : answer.headers.get('retry-after')
    const seconds = Number.parseInt(asked ?? '', 10) // it may be a date, too
    await pause(seconds >= 0 ? Math.min(seconds, 30) * 1_000 : backoff(attempt), once.signal)
  }
}

async function ask(
  { method, path, query, type }: Route,
  input: Input,
  headers: Record<string, string>,
  { signal }: Once,
  { base = '', timeout = 10_000 }: Settings,
): Promise<Response> {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(`${input[name]}`))
  const given = query.flatMap((name) => [input[name] ?? []].flat().map((one) => [name, `${one}`]))
  const search = new URLSearchParams(given).toString()
  const address = `${`${base}`.replace(/\/$/, '')}${filled}${search && `?${search}`}`
  const body = JSON_TYPE.test(type ?? '') ? JSON.stringify(input.body) : input.body
  const limit = new AbortController()
  // What is streamed is answered when it has ended.
  const streams = body instanceof ReadableStream
  const timer = streams ? undefined : setTimeout(() => limit.abort(), timeout)
  try {
    return await fetch(address, {
      method,
      headers,
      signal: AbortSignal.any(signal ? [signal, limit.signal] : [limit.signal]),
      ...(type && { body: body as BodyInit }),
      ...(streams && { duplex: 'half' }),
    })
  } finally {
    clearTimeout(timer) // an answer that has begun may stream for as long as it likes
  }
}

const PROBLEM_TYPE = 'application/problem+json'
const JSON_TYPE = /\Wjson\b/

function headersOf({ headers, type }: Route, input: Input, more: Record<string, string>) {
  const given = headers.filter((name) => input[name] !== undefined)
  const own = Object.fromEntries(given.map((name) => [name, `${input[name]}`]))
  const key = headers.includes(KEY) && { [KEY]: newKey() }
  return { ...(type && { 'content-type': type }), ...key, ...more, ...own } as Record<
    string,
    string
  >
}

/** JSON as what it says; everything else as the answer itself, to be read as it comes. */
async function read(answer: Response, { seen }: Once): Promise<unknown> {
  const type = answer.headers.get('content-type') ?? ''
  if (answer.ok && answer.status !== 204 && !JSON_TYPE.test(type)) return answer
  const text = await answer.text()
  if (!answer.ok) throw new ProblemError(problemOf(answer, text))
  seen?.(answer, text)
  return text ? JSON.parse(text) : undefined
}

/** Whatever stands between us and the service may answer in a form of its own. */
function problemOf({ status }: Response, text: string): Problem {
  const unknown = { type: 'about:blank', title: `The service answered ${status}.`, status }
  try {
    return { ...unknown, ...JSON.parse(text), status }
  } catch {
    return unknown
  }
}

/** Full jitter, 0.5 s growing to 30 s: a thousand clients must not return in the same instant. */
export function backoff(attempt: number, random = Math.random): number {
  return random() * Math.min(30_000, 500 * 2 ** attempt)
}

/** Waits, but not on when the signal comes. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })
}
