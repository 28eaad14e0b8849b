// Server-sent events of one channel, for whoever only reads. It comes back by itself and resumes where it was.
import { type Event, operations, type Position } from '../generated/realtime.ts'
import { backoff, pause } from './http.ts'

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
  accepted?(standing: Standing): void
}

/** Every event of the channel, until the signal, or until the service refuses. */
export async function* listen(channel: string, how: Listening = {}): AsyncGenerator<Delivered> {
  const { base = '', signal, accepted } = how
  let { since } = how
  for (let attempt = 0; !signal?.aborted; attempt++) {
    const line = new Line(signal)
    try {
      const address = `${base}${operations.listen.path}?${new URLSearchParams({ channel })}`
      const headers: Record<string, string> = since ? { 'last-event-id': since } : {}
      const answer = await fetch(address, { headers, signal: line.signal })
      if (FINAL.test(`${answer.status}`)) throw new Refused(await answer.text())
      for await (const { id, type, data } of frames(answer, line)) {
        attempt = 0
        if (type === 'accepted') {
          const standing: Standing = JSON.parse(data)
          if (!standing.recovered) since = `${standing.epoch}:${standing.offset}`
          accepted?.(standing)
        } else if (id) {
          since = id
          yield { id, event: JSON.parse(data) }
        }
      }
    } catch (error) {
      if (error instanceof Refused) throw error
    } finally {
      line.end()
    }
    await pause(backoff(attempt), signal).catch(() => {})
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
  id: string | undefined
  type: string | undefined
  data: string
}

/** The frames of a stream (WHATWG HTML, 9.2.6), as far as our services write them. */
async function* frames({ body }: Response, line: Line): AsyncGenerator<Frame> {
  let rest = ''
  for await (const text of (body ?? new Blob().stream()).pipeThrough(new TextDecoderStream())) {
    line.heard()
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n').map((line) => line.split(/: ?(.*)/, 2) as [string, string])
      const fields = Object.fromEntries(lines)
      if (fields.data !== undefined) yield { id: fields.id, type: fields.event, data: fields.data }
    }
  }
}
