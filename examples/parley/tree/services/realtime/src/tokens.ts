import type { IncomingHttpHeaders } from 'node:http'
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { ConfigError, type Environment, text, url } from './config.ts'
import { Refusal } from './contract.ts'

const LONGEST = 8_192
const SECRET = 32
/** Between two questions for keys, whatever came of the first. */
const COOLDOWN_MS = 10_000
const TIMEOUT_MS = 3_000
/** What a public key can check: what is signed by a secret never counts beside it. */
const ASYMMETRIC = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')

/** What a token says, once it is known to be true. */
export type Verify = (token: string) => Promise<JWTPayload>

/** Checks tokens by what the environment says of their issuer, if it says anything. */
export function verifierOf(env: Environment): Verify | undefined {
  const [key, algorithms] = keyOf(env)
  if (!key) return undefined
  const [issuer, audience] = [text(env, 'AUTH_ISSUER', ''), text(env, 'AUTH_AUDIENCE', '')]
  const expected = { ...(issuer && { issuer }), ...(audience && { audience }) }
  const options = { algorithms, requiredClaims: ['exp', 'sub'], clockTolerance: 5, ...expected }
  return async (token) => {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (error) {
      if (error instanceof Refusal) throw error
      const why = error instanceof errors.JOSEError ? error.message : 'it cannot be read'
      throw new Refusal(401, `The token does not count: ${why}.`)
    }
  }
}

/** The token in `authorization`, or in the subprotocols `bearer, TOKEN` of a WebSocket. */
export function tokenOf({ authorization, ...headers }: IncomingHttpHeaders): string {
  const [, token] =
    authorization === undefined
      ? (/^bearer, *([^\s,]+)$/.exec(headers['sec-websocket-protocol'] ?? '') ?? [])
      : (/^bearer +([^\s,]+)$/i.exec(authorization) ?? [])
  if (token && token.length <= LONGEST) return token
  throw new Refusal(401, 'This takes a bearer token.')
}

/** What checks a token, and the algorithms it may be signed by. */
function keyOf(env: Environment): [JWTVerifyGetKey | undefined, string[]] {
  const secret = Buffer.from(text(env, 'AUTH_SECRET', ''))
  const issuer = text(env, 'AUTH_JWKS_URL', '')
  if (issuer && secret.length > 0)
    throw new ConfigError('AUTH_JWKS_URL and AUTH_SECRET: only one of them can be set')
  if (issuer) return [keysAt(url(env, 'AUTH_JWKS_URL', 'https://example.com/jwks')), ASYMMETRIC]
  if (secret.length === 0) return [undefined, []]
  if (secret.length < SECRET)
    throw new ConfigError(`AUTH_SECRET: must be at least ${SECRET} bytes long`)
  return [async () => secret, ['HS256']]
}

/** The keys that an issuer publishes. While it cannot be asked, nobody is called a liar. */
function keysAt(address: URL): JWTVerifyGetKey {
  let next = 0
  const keys = createRemoteJWKSet(address, {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    [customFetch](...asked: Parameters<typeof fetch>) {
      if (Date.now() < next) return Promise.reject(new Error('It was asked a moment ago.'))
      next = Date.now() + COOLDOWN_MS
      return fetch(...asked)
    },
  })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (cause) {
      const { JWKSNoMatchingKey, JWKSMultipleMatchingKeys } = errors
      if (cause instanceof JWKSNoMatchingKey || cause instanceof JWKSMultipleMatchingKeys)
        throw cause
      const refusal = new Refusal(503, 'Tokens cannot be checked right now.')
      throw Object.assign(refusal, { cause })
    }
  }
}
