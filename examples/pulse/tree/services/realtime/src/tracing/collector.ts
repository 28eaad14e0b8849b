import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { encode, request, type Span } from './otlp.ts'
import { endpointOf, type Settings, settingsOf } from './settings.ts'

/** So many spans wait at most; when there are more, the oldest are lost. */
const QUEUE = 2_048
const BATCH = 512
/** The end does not wait longer for the last of them. */
const FLUSH_MS = 2_000
const JSON_TYPE = { 'content-type': 'application/json' }
/** Statuses that sending again does not change. */
const REFUSED = /^4(?!08|29)/

/** Where the spans of this process go, if anywhere. */
export let collector: Collector | undefined

/** Collects spans if OpenTelemetry's own variables say for whom. */
export function collectTraces(app: FastifyInstance): void {
  const endpoint = endpointOf(app.env)
  if (!endpoint) return
  const mine = new Collector(settingsOf(app.env, endpoint), app.log)
  collector = mine
  app.addHook('onClose', async () => {
    await mine.close()
    if (collector === mine) collector = undefined
  })
}

/** Sends spans in batches. Whoever takes them may be away: nobody waits for it, and no memory fills. */
class Collector {
  #settings: Settings
  #log: FastifyBaseLogger
  #queue: object[] = []
  #timer: NodeJS.Timeout | undefined
  #stop = new AbortController()
  #sending: Promise<boolean> | undefined
  #failed = false

  constructor(settings: Settings, log: FastifyBaseLogger) {
    this.#settings = settings
    this.#log = log
  }

  /** The flags of a trace, given those of the caller, if there is one. */
  flags(id: string, given: string | undefined): string {
    const { sampler, share } = this.#settings
    if (given && sampler.startsWith('parentbased')) return given
    const least = sampler.endsWith('on') ? 0 : sampler.endsWith('off') ? 1 : 1 - share
    // The end of an id is random, and the same to all services of the trace.
    return least < 1 && Number.parseInt(id.slice(-13), 16) / 2 ** 52 >= least ? '01' : '00'
  }

  add(span: Span): void {
    this.#queue.push(encode(span))
    this.#queue.splice(0, this.#queue.length - QUEUE)
    this.#timer ??= this.#soon()
  }

  /** Sends what is left, if that takes no longer than it may. */
  async close(): Promise<void> {
    const limit = setTimeout(() => this.#stop.abort(), FLUSH_MS)
    await this.#sending
    clearTimeout(this.#timer)
    while (this.#queue.length > 0 && (await this.#send()));
    clearTimeout(limit)
  }

  #soon(): NodeJS.Timeout {
    const work = async () => {
      this.#sending = this.#send()
      await this.#sending
      this.#timer = this.#queue.length > 0 ? this.#soon() : undefined
    }
    return setTimeout(work, this.#settings.delay).unref()
  }

  /** Whether they were taken; those that may be another time go on waiting. */
  async #send(): Promise<boolean> {
    const { endpoint, headers, service, timeout } = this.#settings
    const spans = this.#queue.splice(0, BATCH)
    const body = JSON.stringify(request(service, spans))
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeout)])
    const why = await post(endpoint, { headers: { ...headers, ...JSON_TYPE }, body, signal })
    if (why && !REFUSED.test(why)) this.#queue.unshift(...spans)
    this.#queue.splice(0, this.#queue.length - QUEUE)
    if (why && !this.#failed) this.#log.warn({ why }, 'traces are not taken')
    this.#failed = why !== ''
    return !this.#failed
  }
}

/** Why it was not taken, if it was not. */
async function post(endpoint: URL, init: RequestInit): Promise<string> {
  try {
    const answer = await fetch(endpoint, { method: 'POST', redirect: 'error', ...init })
    await answer.body?.cancel()
    return answer.ok ? '' : `${answer.status}`
  } catch (error) {
    const { name, cause } = error as Error
    return (cause as NodeJS.ErrnoException | undefined)?.code ?? name
  }
}
