import { ConfigError, type Environment, integer, NAME, oneOf, text, url } from '../config.ts'

const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const

/** Where spans are to go, as OpenTelemetry's own variables say; nowhere without them. */
export function endpointOf(env: Environment): URL | undefined {
  if (env.OTEL_SDK_DISABLED === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return undefined
  const own = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
  if (env[own]) return url(env, own, 'http://127.0.0.1:4318/v1/traces')
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT) return undefined
  const base = url(env, 'OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318')
  return new URL(`${base.href.replace(/\/$/, '')}/v1/traces`)
}

export type Settings = ReturnType<typeof settingsOf>

export const settingsOf = (env: Environment, endpoint: URL) => ({
  endpoint,
  headers: pairs(
    env,
    env.OTEL_EXPORTER_OTLP_TRACES_HEADERS
      ? 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'
      : 'OTEL_EXPORTER_OTLP_HEADERS',
  ),
  service: {
    ...pairs(env, 'OTEL_RESOURCE_ATTRIBUTES'),
    'service.name': text(env, 'OTEL_SERVICE_NAME', NAME),
  },
  form: oneOf(env, 'OTEL_EXPORTER_OTLP_PROTOCOL', ['http/json']),
  timeout: integer(env, 'OTEL_EXPORTER_OTLP_TIMEOUT', 10_000, 1, 600_000),
  delay: integer(env, 'OTEL_BSP_SCHEDULE_DELAY', 5_000, 1, 600_000),
  sampler: oneOf(env, 'OTEL_TRACES_SAMPLER', SAMPLERS),
  share: shareOf(env),
})

/** `a=1,b=%20`, whose values may be secrets: the message tells none. */
function pairs(env: Environment, name: string): Record<string, string> {
  const entries = text(env, name, '').split(',').filter(Boolean)
  try {
    const read = entries.map((entry) => {
      const [, key, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(entry) ?? []
      if (!key || value === undefined) throw new URIError()
      return [key, decodeURIComponent(value.trim())]
    })
    return Object.fromEntries(read)
  } catch {
    throw new ConfigError(`${name}: must be pairs such as key=value,other=value`)
  }
}

function shareOf(env: Environment): number {
  const name = 'OTEL_TRACES_SAMPLER_ARG'
  const share = Number(text(env, name, '1'))
  if (share >= 0 && share <= 1) return share
  throw new ConfigError(`${name}=${env[name]}: must be a number from 0 to 1`)
}
