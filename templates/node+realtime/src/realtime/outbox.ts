import type { Writable } from 'node:stream'
import type { Batch, Channel, Form, Peer } from './channel.ts'
import type { Hub } from './hub.ts'

/** Bytes that may wait in a socket, and are written at once: with more the reader is behind. */
const BUFFER = 65_536

/** What waits for one reader. One that is behind costs no memory: its place in the channels' histories is kept, not a copy. */
export abstract class Outbox implements Peer {
  protected readonly hub: Hub
  readonly wire: Writable
  #form: Form
  #first: Buffer | undefined
  #more: Buffer[] | undefined
  /** The next offset of each channel that has to wait; there while the reader is behind. */
  #behind: Map<Channel, number> | undefined
  /** Channels of which something was dropped. */
  #lost: Set<Channel> | undefined
  #stall: NodeJS.Timeout | undefined
  #over = false

  constructor(hub: Hub, wire: Writable, form: Form) {
    this.hub = hub
    this.wire = wire
    this.#form = form
  }

  protected abstract readonly isOpen: boolean
  /** Ends the connection so that the reader comes back and resumes: it was too slow. */
  protected abstract cut(): void
  /** What tells the reader that it lost everything up to a place. */
  protected abstract gapAt(channel: Channel, offset: number): Buffer

  deliver(channel: Channel, batch: Batch): void {
    const [first] = batch.entries
    if (!this.#behind) {
      this.hub.count.delivered += batch.entries.length
      this.push(batch.as(this.#form))
    } else if (first) this.#wait(channel, first.offset)
  }

  gap(channel: Channel): void {
    this.forget(channel)
    this.hub.count.gaps++
    this.push(this.gapAt(channel, channel.offset))
  }

  /** Who is behind learns of members when it has caught up. */
  tell(channel: Channel, frame: Buffer): void {
    if (!this.#behind) this.push(frame)
    else this.#lose(channel)
  }

  /** The channel has nothing more to say here. */
  protected forget(channel: Channel): void {
    this.#behind?.delete(channel)
    this.#lost?.delete(channel)
  }

  protected push(bytes: Buffer): void {
    if (this.#over) return
    if (this.#first) {
      this.#more ??= []
      this.#more.push(bytes)
    } else {
      this.#first = bytes
      this.hub.turn.filled(this)
    }
  }

  /** Writes what this turn has brought. */
  leave(): void {
    const [first, more] = [this.#first, this.#more]
    this.#first = undefined
    this.#more = undefined
    if (first) this.#write(more ? Buffer.concat([first, ...more]) : first)
  }

  /** Nothing more is to be written. */
  protected end(): void {
    this.#over = true
    this.#first = undefined
    this.#caughtUp()
  }

  #write(bytes: Buffer): void {
    if (!this.isOpen) return
    this.wire.write(bytes)
    const { writableLength } = this.wire
    if (writableLength <= BUFFER) return
    // Answers cannot wait elsewhere: whoever asks on without reading has had enough.
    if (writableLength > this.hub.limits.queueBytes + bytes.length) this.#cutOff()
    else if (!this.#behind) {
      this.#behind = new Map()
      this.hub.count.behind++
      this.#await()
    }
  }

  #cutOff(): void {
    if (this.#over) return
    this.end()
    this.hub.count.slow++
    this.cut()
  }

  #await(): void {
    clearTimeout(this.#stall)
    this.#stall = setTimeout(() => this.#cutOff(), this.hub.limits.stall)
    this.wire.once('drain', () => this.#catchUp())
  }

  #wait(channel: Channel, offset: number): void {
    const behind = this.#behind
    if (!behind) return
    if (!behind.has(channel)) behind.set(channel, offset)
    if (!this.#isTooMuch()) return
    if (channel.rule.slow !== 'drop') this.#cutOff()
    else this.#drop(channel)
  }

  #isTooMuch(): boolean {
    const { queueMessages, queueBytes } = this.hub.limits
    let [messages, bytes] = [0, 0]
    for (const [channel, next] of this.#behind ?? []) {
      messages += channel.offset - next + 1
      bytes += channel.bytesFrom(next)
    }
    return messages > queueMessages || bytes > queueBytes
  }

  /** The oldest go, and as many more as make room for a while. */
  #drop(channel: Channel): void {
    const next = this.#behind?.get(channel) ?? 0
    const room = Math.max(next + 1, channel.offset - (this.hub.limits.queueMessages >> 1))
    this.#behind?.set(channel, room)
    this.hub.count.dropped += room - next
    this.#lose(channel)
    if (this.#isTooMuch()) this.#behind?.set(channel, channel.offset + 1)
  }

  #lose(channel: Channel): void {
    this.#lost ??= new Set()
    this.#lost.add(channel)
  }

  /** The socket is empty again: what waits goes on, piece by piece. */
  #catchUp(): void {
    clearTimeout(this.#stall)
    this.leave() // what this turn has brought stands before what waits
    if (!this.isOpen) return
    for (const channel of this.#behind?.keys() ?? []) channel.flush()
    while (this.#behind?.size && this.wire.writableLength <= BUFFER)
      for (const [channel, next] of this.#behind) this.#goOn(channel, next)
    if (this.wire.writableLength > BUFFER) this.#await()
    else {
      for (const channel of this.#lost ?? []) this.#tellLoss(channel, channel.offset)
      this.#caughtUp()
    }
  }

  #goOn(channel: Channel, next: number): void {
    const batch = channel.from(next, BUFFER)
    const [first] = batch.entries
    const last = batch.entries.at(-1)
    if (next < (first?.offset ?? channel.offset + 1)) this.#lose(channel)
    this.#tellLoss(channel, (first?.offset ?? channel.offset + 1) - 1)
    this.hub.count.delivered += batch.entries.length
    if (last) this.wire.write(batch.as(this.#form))
    if (last && last.offset < channel.offset) this.#behind?.set(channel, last.offset + 1)
    else this.#behind?.delete(channel)
  }

  #caughtUp(): void {
    clearTimeout(this.#stall)
    if (this.#behind) this.hub.count.behind--
    this.#behind = undefined
  }

  #tellLoss(channel: Channel, offset: number): void {
    if (!this.#lost?.delete(channel)) return
    this.hub.count.gaps++
    this.wire.write(this.gapAt(channel, offset))
  }
}
