import type { Event, Member, Position } from '#contract/realtime'
import type { Log } from './broker.ts'
import { sseEvent, textFrame } from './frames.ts'
import type { Limits } from './limits.ts'

/** How events look on a wire: frames of a WebSocket, server-sent events, lines of JSON. */
export type Form = 'frames' | 'sse' | 'lines'

/** Whoever hears a channel. */
export interface Peer {
  /** Who that is, to the others in the channel; a mere reader is nobody. */
  readonly member?: Member
  /** What was published, in order. */
  deliver(channel: Channel, batch: Batch): void
  /** Everything up to the channel's position is lost to the peer. */
  gap?(channel: Channel): void
  /** Who came or went, as a frame. */
  tell?(channel: Channel, frame: Buffer): void
}

/** What holds for all channels whose name begins alike. */
export interface Rule {
  /** Tells members who comes and goes. */
  presence?: boolean
  /**
   * Of a reader that falls too far behind: its oldest events are dropped, and it is told of the gap; or, by default, it
   * is disconnected, to come back and resume.
   */
  slow?: 'drop' | 'disconnect'
  /** Turns what a client publishes into an event, or refuses it. Without it clients only listen. */
  publish?(
    channel: string,
    data: Record<string, unknown>,
    by: Member,
    key?: string,
  ): Event | Promise<Event>
}

/** An event with its place. */
export interface Entry {
  readonly offset: number
  /** JSON. */
  readonly event: string
  /** Bytes of all events before this one, ever. */
  readonly before: number
}

/** Events that are sent together, in the forms in which they are sent: each made once, whatever the number of peers. */
export class Batch {
  readonly entries: Entry[]
  #channel: Channel
  #forms: Partial<Record<Form, Buffer>> = {}

  constructor(channel: Channel, entries: Entry[]) {
    this.#channel = channel
    this.entries = entries
  }

  as(form: Form): Buffer {
    this.#forms[form] ??= join(this.entries.map((entry) => this.#channel.write(entry, form)))
    return this.#forms[form]
  }
}

const join = (parts: Buffer[]) => (parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts))

/** The newest events of a name, and who hears them. */
export class Channel {
  readonly name: string
  readonly rule: Rule
  readonly peers = new Set<Peer>()
  /** Who is there, on any instance. */
  readonly members = new Map<string, Member>()
  /** How often somebody came or went. */
  moves = 0
  /** Says which history the offsets count in. */
  epoch = ''
  offset = 0
  /** Bytes of all events, ever. */
  total = 0
  touched = Date.now()
  #limits: Limits
  #history: Entry[] = []
  #fresh: Entry[] = []
  #head = ''

  constructor(name: string, rule: Rule, limits: Limits) {
    this.name = name
    this.rule = rule
    this.#limits = limits
  }

  get position(): Position {
    return { epoch: this.epoch, offset: this.offset }
  }

  /** The oldest offset that is still there. */
  get oldest(): number {
    return this.offset - this.#history.length + 1
  }

  /** Bytes that the history takes. */
  get bytes(): number {
    return this.total - (this.#history[0]?.before ?? this.total)
  }

  /** Begins anew with another history. */
  reset({ epoch, offset, events }: Log): void {
    this.epoch = epoch
    this.offset = offset - events.length
    const head = JSON.stringify({ type: 'event', channel: this.name, epoch })
    this.#head = head.slice(0, -1)
    this.#history = []
    for (const event of events) this.append(event)
    this.#fresh = []
  }

  append(event: string): void {
    const entry = { offset: ++this.offset, event, before: this.total }
    this.total += Buffer.byteLength(event)
    this.touched = Date.now()
    this.#fresh.push(entry)
    this.#history.push(entry)
    const { historyMessages, historyBytes } = this.#limits
    while (this.#history.length > historyMessages || this.bytes > historyBytes)
      this.#history.shift()
  }

  forget(): void {
    this.#history = []
  }

  /** Whether that is what was heard there, as far as it is still known. */
  isKnown(offset: number, event: string): boolean {
    const entry = this.#history[offset - this.oldest]
    return !entry || entry.event === event
  }

  /** Everything after a position; nothing at all unless every single event is still there. */
  since({ epoch, offset }: Position): Batch | undefined {
    if (epoch !== this.epoch || offset > this.offset || offset < this.oldest - 1) return undefined
    return this.from(offset + 1)
  }

  /** From an offset on, as far as it is there; at most so many bytes, but one event in any case. */
  from(offset: number, bytes = Number.POSITIVE_INFINITY): Batch {
    const entries = this.#history.slice(Math.max(0, offset - this.oldest))
    const end = (entries[0]?.before ?? 0) + bytes
    const last = entries.findIndex(({ before }) => before >= end)
    return new Batch(this, last < 0 ? entries : entries.slice(0, Math.max(1, last)))
  }

  /** Bytes from an offset on. */
  bytesFrom(offset: number): number {
    return this.total - (this.#history[Math.max(0, offset - this.oldest)]?.before ?? this.total)
  }

  /** Sends what was appended since the last flush. */
  flush(): void {
    if (this.#fresh.length === 0) return
    const batch = new Batch(this, this.#fresh)
    this.#fresh = []
    for (const peer of this.peers) peer.deliver(this, batch)
  }

  write({ offset, event }: Entry, form: Form): Buffer {
    if (form === 'lines') return Buffer.from(`${event}\n`)
    if (form === 'sse') return sseEvent(`${this.epoch}:${offset}`, event)
    return textFrame(`${this.#head},"offset":${offset},"event":${event}}`)
  }
}
