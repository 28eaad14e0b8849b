import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { JWTPayload } from 'jose'
import { ConfigError, type Environment, readConfig, text } from './config.ts'
import { Refusal } from './contract.ts'
import { tokenOf, type Verify, verifierOf } from './tokens.ts'

declare module 'fastify' {
  interface FastifyInstance {
    access: Access
  }
  interface FastifyRequest {
    /** Who asks; operations of the contract have it, but for the probes and those that take the service token. */
    identity: Identity
  }
}

export type Right = 'read' | 'publish'

export interface Identity {
  /** `sub` of the token; a guest has one that lasts as long as the secret of its browser. */
  id: string
  /** Shown to the others. */
  name: string
  /** Milliseconds since the epoch. */
  expires: number
  /** Whether the token lets pass; the rule of the channel still has its say. */
  may(right: Right, channel: string): boolean
}

const EVERYTHING = { expires: Number.POSITIVE_INFINITY, may: () => true }
const SERVICE: Identity = { id: 'service', name: 'service', ...EVERYTHING }
const NAME = 60
const SUBJECT = 255
const THIS_MACHINE = ['127.0.0.1', 'localhost', '::1']
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i

/** Who asks, and from where. */
export class Access {
  /** Whether nobody signs in: fit for one's own machine, and nothing else is let in. */
  readonly open: boolean
  #verify: Verify | undefined
  /** Digest of the header that brings the service token, if there is one. */
  #service: Buffer | undefined
  #origins: string[]

  constructor(env: Environment) {
    this.#verify = verifierOf(env)
    this.open = this.#verify === undefined
    const token = text(env, 'SERVICE_TOKEN', '')
    this.#service = token ? digest(`Bearer ${token}`) : undefined
    this.#origins = originsOf(env)
    const { host } = readConfig(env)
    if (this.open && !THIS_MACHINE.includes(host) && env.AUTH !== 'open')
      throw new ConfigError(
        `HOST=${host}: nobody signs in yet; set AUTH_JWKS_URL or AUTH_SECRET, or AUTH=open if others cannot reach it`,
      )
  }

  /** Who sent these headers; where nobody signs in the query tells more of a guest. */
  async identify(headers: IncomingHttpHeaders, query?: URLSearchParams): Promise<Identity> {
    if (this.#isService(headers)) return SERVICE
    if (!this.#verify) return guest(headers, query)
    return identityOf(await this.#verify(tokenOf(headers)))
  }

  /** Lets pass who brings the service token; everyone while there is none and nobody signs in. */
  admit(headers: IncomingHttpHeaders): void {
    if (this.#isService(headers) || (this.open && !this.#service)) return
    throw new Refusal(401, 'This takes the service token.')
  }

  /** Whether a page from there may use a visitor's connection: our own, and those listed. Programs name no origin. */
  allowsOrigin({ origin, host = '' }: IncomingHttpHeaders): boolean {
    if (origin === undefined || this.#origins.includes(origin)) return true
    return isOrigin(origin) && URL.parse(origin)?.host === host.toLowerCase()
  }

  #isService({ authorization = '' }: IncomingHttpHeaders): boolean {
    return this.#service !== undefined && timingSafeEqual(digest(authorization), this.#service)
  }
}

/** Refuses who lacks the right on a channel. */
export function need(
  { identity }: Pick<FastifyRequest, 'identity'>,
  right: Right,
  channel: string,
): void {
  if (!identity.may(right, channel))
    throw new Refusal(403, `You may not ${right} on ${JSON.stringify(channel)}.`)
}

function identityOf({ sub, exp = 0, name, ...rights }: JWTPayload): Identity {
  const lists = { read: listOf(rights.read), publish: listOf(rights.publish) }
  if (!isText(sub) || !sub || sub.length > SUBJECT || !(name === undefined || isText(name)))
    throw new Refusal(401, 'The token does not say who it is for.')
  return {
    id: sub,
    name: (name?.trim() || sub).slice(0, NAME),
    expires: exp * 1_000,
    may: (right, channel) => lists[right]?.some((name) => covers(name, channel)) ?? true,
  }
}

function listOf(claim: unknown): string[] | undefined {
  if (claim === undefined || (Array.isArray(claim) && claim.every(isText))) return claim
  throw new Refusal(401, 'The token does not list channels by their names.')
}

const isText = (value: unknown) => typeof value === 'string'

const covers = (name: string, channel: string) =>
  name.endsWith('*') ? channel.startsWith(name.slice(0, -1)) : channel === name

/** A page elsewhere could have its own name lead to this machine: it is still called by that name. */
function guest({ host = '' }: IncomingHttpHeaders, query?: URLSearchParams): Identity {
  if (!LOOPBACK.test(host))
    throw new Refusal(403, 'Nobody signs in here, so it is to be called localhost.')
  if (!query) return { id: 'guest', name: 'guest', ...EVERYTHING }
  const id = digest(query.get('client') || randomUUID())
    .toString('hex')
    .slice(0, 16)
  const name = (query.get('name') ?? '').trim().slice(0, NAME)
  return { id, name: name || `guest ${id.slice(0, 4)}`, ...EVERYTHING }
}

function originsOf(env: Environment): string[] {
  const origins = text(env, 'ALLOWED_ORIGINS', '')
    .split(/[\s,]+/)
    .filter(Boolean)
  const wrong = origins.find((origin) => !isOrigin(origin))
  if (wrong === undefined) return origins
  throw new ConfigError(`ALLOWED_ORIGINS=${wrong}: must be a list such as https://example.com`)
}

/** As browsers write it: no path, nobody's name, no port that goes without saying. */
const isOrigin = (origin: string) => /^https?:/.test(origin) && URL.parse(origin)?.origin === origin

const digest = (said: string) => createHash('sha256').update(said).digest()
