import { randomBytes } from 'node:crypto'
import type { Event, Member, Position } from '#contract/realtime'
import { Once } from '../once.ts'

/** Whoever hears a channel. */
export interface Peer {
  /** Who that is, to the others in the channel; a mere reader is nobody. */
  readonly member?: Member
  /** Events in their order; nothing is sent twice, and nothing may be kept by reference but the bytes. */
  deliver(entries: Entry[]): void
  /** Who came or went. */
  tell(frame: Buffer): void
}

/** An event in the form in which it is sent; made once, whatever the number of peers. */
export class Entry {
  readonly offset: number
  readonly event: string
  readonly frame: Buffer
  readonly #id: string
  #sse: Buffer | undefined

  constructor(channel: string, epoch: string, offset: number, event: Event) {
    this.offset = offset
    this.event = JSON.stringify(event)
    this.#id = `${epoch}:${offset}`
    const head = JSON.stringify({ type: 'event', channel, epoch, offset })
    this.frame = textFrame(`${head.slice(0, -1)},"event":${this.event}}`)
  }

  get sse(): Buffer {
    this.#sse ??= sseEvent(this.#id, this.event)
    return this.#sse
  }
}

const HISTORY = 256
const HISTORY_BYTES = 1 << 20

/** The newest events of a name, and who hears them. */
export class Channel {
  readonly name: string
  /** Says which history the offsets count in: a new channel of the same name has another. */
  readonly epoch = randomBytes(6).toString('base64url')
  readonly peers = new Set<Peer>()
  /** Publishes with a key. */
  readonly once = new Once<Position>()
  offset = 0
  touched = Date.now()
  #history: Entry[] = []
  #bytes = 0
  #fresh: Entry[] = []

  constructor(name: string) {
    this.name = name
  }

  get position(): Position {
    return { epoch: this.epoch, offset: this.offset }
  }

  append(event: Event): Position {
    const entry = new Entry(this.name, this.epoch, ++this.offset, event)
    this.touched = Date.now()
    this.#fresh.push(entry)
    this.#history.push(entry)
    this.#bytes += entry.frame.length
    while (this.#history.length > HISTORY || this.#bytes > HISTORY_BYTES)
      this.#bytes -= this.#history.shift()?.frame.length ?? 0
    return this.position
  }

  /** Everything after a position; nothing at all unless every single event is still there. */
  since({ epoch, offset }: Position): Entry[] | undefined {
    const missed = this.offset - offset
    if (epoch !== this.epoch || missed < 0 || missed > this.#history.length) return undefined
    return missed === 0 ? [] : this.#history.slice(-missed)
  }

  /** Sends what was appended since the last flush, in one go per peer. */
  flush(): void {
    const fresh = this.#fresh
    if (fresh.length === 0) return
    this.#fresh = []
    for (const peer of this.peers) peer.deliver(fresh)
  }
}

/** A text frame of RFC 6455. A server's frames are not masked, so one serves every socket. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = 0x81
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, start)
  return frame
}

/** A server-sent event; the browser shows its id again when it comes back. */
export const sseEvent = (id: string, data: string) => Buffer.from(`id: ${id}\ndata: ${data}\n\n`)
