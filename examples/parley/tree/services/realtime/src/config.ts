import { basename, dirname } from 'node:path'

/** Settings come from the environment (see .env.example) and are checked before anything starts. */
export type Environment = Record<string, string | undefined>

/** The service is called as its folder is. */
export const NAME = basename(dirname(import.meta.dirname))

/** A variable that cannot be used: the message names it and says what can. */
export class ConfigError extends Error {}

/** An empty variable counts as one that is not set. */
export const text = (env: Environment, name: string, fallback: string) => env[name] || fallback

export function integer(
  env: Environment,
  name: string,
  fallback: number,
  min: number,
  max: number,
) {
  const value = Number(text(env, name, `${fallback}`))
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new ConfigError(`${name}=${env[name]}: must be a whole number from ${min} to ${max}`)
}

export function oneOf<Word extends string>(env: Environment, name: string, words: readonly Word[]) {
  const value = text(env, name, words[0] ?? '')
  const found = words.find((word) => word === value)
  if (found) return found
  throw new ConfigError(`${name}=${value}: must be one of ${words.join(', ')}`)
}

export function url(env: Environment, name: string, fallback: string) {
  const value = text(env, name, fallback)
  if (URL.canParse(value) && /^https?:/.test(value)) return new URL(value)
  throw new ConfigError(`${name}=${value}: must be an address such as ${fallback}`)
}

const LEVELS = ['info', 'trace', 'debug', 'warn', 'error', 'fatal'] as const

export const readConfig = (env: Environment) => ({
  host: text(env, 'HOST', '127.0.0.1'),
  port: integer(env, 'PORT', 3000, 0, 65_535),
  drainWait: integer(env, 'DRAIN_WAIT_MS', 0, 0, 600_000),
  drain: integer(env, 'DRAIN_MS', 10_000, 0, 600_000),
  logLevel: oneOf(env, 'LOG_LEVEL', LEVELS),
})
