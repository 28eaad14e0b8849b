import { type Promised, promise, promiseOn } from '#contract'
import type { Event, Member, Position } from '#contract/realtime'
import { Refusal } from '../contract.ts'
import { Channel, type Entry, type Peer, textFrame } from './channel.ts'

const keepsToServerMessage = promise('ServerMessage')

/** What one client may take of the service. */
export const limits = {
  connections: 20_000,
  /** Bytes of one message. */
  message: 65_536,
  /** Messages per second in the long run, and at once. */
  rate: 50,
  burst: 100,
  subscriptions: 128,
  /** Bytes waiting for a slow reader, before it is cut off and has to resume. */
  backlog: 1 << 20,
  /** Milliseconds between two signs of life. */
  heartbeat: 25_000,
}

/** What holds for all channels whose name begins alike. */
export interface Rule {
  /** Tells members who comes and goes. */
  presence?: boolean
  /** Turns what a client publishes into an event, or refuses it. Without it clients only listen. */
  publish?(channel: string, data: Record<string, unknown>, by: Member): Event
}

export interface Subscription {
  position: Position
  /** Whether `missed` is all that was missed. */
  recovered: boolean
  missed: Entry[]
}

const CHANNELS = 10_000
const IDLE_MS = 300_000

/** All channels of this process. */
export class Hub {
  #rules = new Map<string, Rule & { keeps: Promised | undefined }>()
  #channels = new Map<string, Channel>()
  #dirty = new Set<Channel>()
  #sweep = setInterval(() => this.#forget(), IDLE_MS / 10).unref()

  /** Opens all channels whose name begins so; the longest beginning counts. */
  open(prefix: string, rule: Rule): void {
    this.#rules.set(prefix, { ...rule, keeps: promiseOn(prefix) })
  }

  rule(channel: string) {
    const prefixes = [...this.#rules.keys()].filter((prefix) => channel.startsWith(prefix))
    const [longest] = prefixes.sort((a, b) => b.length - a.length)
    const rule = longest === undefined ? undefined : this.#rules.get(longest)
    if (rule) return rule
    throw new Refusal(404, `There is no channel ${JSON.stringify(channel)}.`)
  }

  /** Sends an event to everyone who hears the channel. With a key, a repetition takes no effect. */
  publish(name: string, event: Event, key?: string): Position {
    return this.#channel(name).once.do(key, () => this.#publish(name, event))
  }

  #publish(name: string, event: Event): Position {
    this.rule(name).keeps?.(event)
    const channel = this.#channel(name)
    if (this.#dirty.size === 0) setImmediate(() => this.#flush())
    this.#dirty.add(channel)
    return channel.append(event)
  }

  /** The same for what a client sends. */
  accept(name: string, data: Record<string, unknown>, by: Member, key?: string): Position {
    const { publish } = this.rule(name)
    if (!publish) throw new Refusal(403, `Nobody but the service publishes on ${name}.`)
    return this.#channel(name).once.do(key, () => this.#publish(name, publish(name, data, by)))
  }

  subscribe(name: string, peer: Peer, since?: Position): Subscription {
    const { presence } = this.rule(name)
    const channel = this.#channel(name)
    channel.flush()
    const missed = since && channel.since(since)
    if (presence && !channel.peers.has(peer)) tell(channel, 'joined', peer)
    channel.peers.add(peer)
    return { position: channel.position, recovered: missed !== undefined, missed: missed ?? [] }
  }

  unsubscribe(name: string, peer: Peer): void {
    const channel = this.#channels.get(name)
    if (!channel?.peers.delete(peer)) return
    channel.touched = Date.now()
    if (this.rule(name).presence) tell(channel, 'left', peer)
  }

  members(name: string): Member[] {
    const peers = this.rule(name).presence ? (this.#channels.get(name)?.peers ?? []) : []
    return [...peers].flatMap(({ member }) => member ?? [])
  }

  close(): void {
    clearInterval(this.#sweep)
    this.#flush()
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name)
    if (known) return known
    if (this.#channels.size >= CHANNELS) this.#forget(0)
    if (this.#channels.size >= CHANNELS) throw new Refusal(503, 'There are too many channels.')
    const channel = new Channel(name)
    this.#channels.set(name, channel)
    return channel
  }

  #flush(): void {
    const channels = [...this.#dirty]
    this.#dirty.clear()
    for (const channel of channels) channel.flush()
  }

  /** Channels that nobody hears are dropped with their history, after a while. */
  #forget(idle = IDLE_MS): void {
    for (const [name, { peers, touched }] of this.#channels)
      if (peers.size === 0 && Date.now() - touched >= idle) this.#channels.delete(name)
  }
}

function tell(channel: Channel, type: 'joined' | 'left', { member }: Peer): void {
  if (!member) return
  const message = { type, channel: channel.name, member }
  keepsToServerMessage(message)
  const frame = textFrame(JSON.stringify(message))
  for (const peer of channel.peers) peer.tell(frame)
}
