// Server-sent events of one channel, for whoever only reads. It comes back by itself and resumes where it was.
import { type Event, type Gap, operations, type Position } from '../generated/realtime.ts'
import { backoff, bearer, pause, type Token } from './http.ts'

export interface Delivered {
  /** EPOCH:OFFSET; give it as `since` to go on after this event. */
  id: string
  event: Event
}

/** The place where a channel stands; unless `recovered`, events may have been missed. */
export type Standing = Position & { channel: string; recovered: boolean }

export interface Listening {
  base?: string
  since?: string
  signal?: AbortSignal
  token?: Token
  /** Listening, or listening again, or told of a gap. */
  accepted?(standing: Standing): void
}

/** Every event of the channel, until the signal, or until the service refuses. */
export async function* listen(channel: string, how: Listening = {}): AsyncGenerator<Delivered> {
  const { base = '', signal, accepted, token } = how
  const address = `${base}${operations.listen.path}?${new URLSearchParams({ channel })}`
  let { since } = how
  let retry = 0
  for (let attempt = 0; !signal?.aborted; attempt++) {
    let restart: number | undefined
    const headers = { ...(await bearer(token)), ...(since && { 'last-event-id': since }) }
    for await (const { id, type, data, retry: asked } of frames(address, headers, signal)) {
      attempt = 0
      if (asked && /^\d+$/.test(asked)) retry = Number(asked)
      if (data === undefined) continue
      if (type === 'restart') restart = JSON.parse(data).wait
      else if (type === 'accepted' || type === 'gap') {
        const standing: Standing = { recovered: false, ...(JSON.parse(data) as Standing | Gap) }
        if (!standing.recovered) since = `${standing.epoch}:${standing.offset}`
        accepted?.(standing)
      } else if (id) {
        since = id
        yield { id, event: JSON.parse(data) }
      }
    }
    await pause(restart ?? retry + backoff(attempt), signal).catch(() => {})
  }
}

/** Refused for good; 408 and 429 pass by. */
const FINAL = /^4(?!08|29)/
const SILENCE_MS = 60_000

/** Cut when nothing came for a while, for the service shows a sign of life every 25 seconds. */
class Line {
  #cut = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly signal: AbortSignal

  constructor(signal?: AbortSignal) {
    this.signal = AbortSignal.any(signal ? [signal, this.#cut.signal] : [this.#cut.signal])
    this.heard()
  }

  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#cut.abort(), SILENCE_MS)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#cut.abort()
  }
}

/** The service will not let us listen: coming back is no use. */
export class Refused extends Error {}

interface Frame {
  id?: string
  type?: string
  data?: string
  retry?: string
}

/** The frames of one connection. A cut ends them quietly; what the reader of them throws is its own. */
async function* frames(
  address: string,
  headers: Record<string, string>,
  signal?: AbortSignal,
): AsyncGenerator<Frame> {
  const line = new Line(signal)
  try {
    const answer = await fetch(address, { headers, signal: line.signal })
    if (FINAL.test(`${answer.status}`)) throw new Refused(await answer.text())
    let fields: Record<string, string> = {}
    for await (const text of lines(answer, line)) {
      if (text === '') {
        const { event: type, ...rest } = fields
        yield { ...rest, ...(type && { type }) }
        fields = {}
      } else {
        const [name = '', value = ''] = text.split(/: ?(.*)/s, 2)
        const more = name === 'data' && fields.data !== undefined
        fields[name] = more ? `${fields.data}\n${value}` : value
      }
    }
  } catch (error) {
    if (error instanceof Refused) throw error
  } finally {
    line.end()
  }
}

/** The whole lines of a stream, whichever way they end (WHATWG HTML, 9.2.5). */
async function* lines({ body }: Response, line: Line): AsyncGenerator<string> {
  let rest = ''
  let halved = false // the last end may have been the first half of one
  for await (const text of (body ?? new Blob().stream()).pipeThrough(new TextDecoderStream())) {
    line.heard()
    const fresh = halved && text.startsWith('\n') ? text.slice(1) : text
    halved = text.endsWith('\r')
    const whole = (rest + fresh).split(/\r\n|\n|\r/)
    rest = whole.pop() ?? ''
    yield* whole
  }
}
