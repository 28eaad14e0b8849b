import { setTimeout as sleep } from 'node:timers/promises'
import { type Promised, promiseOn } from '#contract'
import type { Event, Member, Position } from '#contract/realtime'
import { Refusal } from '../contract.ts'
import type { Broker, Listener, Placed } from './broker.ts'
import { type Batch, Channel, type Peer, type Rule } from './channel.ts'
import { messageFrame } from './frames.ts'
import { type Limits, MEMBERS } from './limits.ts'
import { Presence } from './presence.ts'
import { Turn } from './turn.ts'

export interface Subscription {
  channel: Channel
  /** Whether `missed` is all that was missed. */
  recovered: boolean
  missed: Batch | undefined
}

type Kept = Rule & { keeps: Promised | undefined }

const CHANNELS = 10_000
const IDLE_MS = 300_000

/** All channels of this instance, and who hears them. */
export class Hub implements Listener {
  readonly turn = new Turn((ms) => this.observe('deliver', ms))
  readonly limits: Limits
  /** What has happened so far, and, of `behind`, what is. */
  readonly count = {
    behind: 0,
    delivered: 0,
    dropped: 0,
    gaps: 0,
    published: 0,
    recovered: 0,
    slow: 0,
    unrecovered: 0,
  }
  /** Hears how many milliseconds a step took. */
  observe: (step: 'publish' | 'deliver', ms: number) => void = () => {}
  #broker: Broker
  #presence: Presence
  /** The longest beginning first. */
  #rules: [string, Kept][] = []
  #channels = new Map<string, Promise<Channel>>()
  #open = new Map<string, Channel>()
  /** Channels of which something was heard before they were open. */
  #early = new Set<string>()
  /** Whether to ask once more. */
  #refills = new Map<Channel, boolean>()
  #sweep = setInterval(() => this.#forget(), IDLE_MS / 10).unref()
  #swept = 0
  #closed = false

  constructor(broker: Broker, limits: Limits) {
    this.limits = limits
    this.#broker = broker
    this.#presence = new Presence(broker, limits)
    broker.listener = this
  }

  get ready(): boolean {
    return this.#broker.ready
  }

  get channels(): Iterable<Channel> {
    return this.#open.values()
  }

  /** Opens all channels whose name begins so; the longest beginning counts. */
  open(prefix: string, rule: Rule): void {
    this.#rules.push([prefix, { ...rule, keeps: promiseOn(prefix) }])
    this.#rules.sort(([a], [b]) => b.length - a.length)
  }

  rule(channel: string): Kept {
    const [, rule] = this.#rules.find(([prefix]) => channel.startsWith(prefix)) ?? []
    if (rule) return rule
    throw new Refusal(404, `There is no channel ${JSON.stringify(channel)}.`)
  }

  /** Sends an event to everyone who hears the channel; a repetition with the same key has the place of the first. */
  async publish(name: string, event: Event, key?: string): Promise<Placed> {
    this.rule(name).keeps?.(event)
    const start = performance.now()
    const text = JSON.stringify(event)
    const { position } = await this.#channel(name)
    const placed = await this.#broker.publish(name, text, position, key)
    this.count.published++
    this.observe('publish', performance.now() - start)
    return placed
  }

  /** The same for what a client sends. */
  async accept(
    name: string,
    data: Record<string, unknown>,
    by: Member,
    key?: string,
  ): Promise<Position> {
    const { publish } = this.rule(name)
    if (!publish) throw new Refusal(403, `Nobody but the service publishes on ${name}.`)
    const own = key && `${by.id}:${key}`
    const event = await publish(name, data, by, own)
    const { epoch, offset } = await this.publish(name, event, own)
    return { epoch, offset }
  }

  /** From then on the peer hears the channel; what it missed since a position is given, if all of it is there. */
  async subscribe(name: string, peer: Peer, since?: Position): Promise<Subscription> {
    const channel = await this.#channel(name)
    const { presence } = channel.rule
    const isNew = !channel.peers.has(peer)
    if (presence && peer.member && isNew) await this.#presence.enter(name, peer.member)
    if (this.#open.get(name) !== channel) {
      if (presence && peer.member && isNew) this.#presence.leave(name, peer.member, false)
      throw new Refusal(503, 'Too many channels at once.')
    }
    channel.flush()
    channel.peers.add(peer)
    const missed = since && channel.since(since)
    if (since) this.count[missed ? 'recovered' : 'unrecovered']++
    return { channel, recovered: missed !== undefined, missed }
  }

  /** For the service itself: keeps asking until the broker answers. */
  async follow(name: string, peer: Peer): Promise<Channel | undefined> {
    while (!this.#closed)
      try {
        return (await this.subscribe(name, peer)).channel
      } catch {
        await sleep(1_000, undefined, { ref: false })
      }
    return undefined
  }

  /** The channel that was left, if it was heard; `broken`: without having said so. */
  unsubscribe(name: string, peer: Peer, broken = false): Channel | undefined {
    const channel = this.#open.get(name)
    if (!channel?.peers.delete(peer)) return undefined
    channel.touched = Date.now()
    if (channel.rule.presence && peer.member) this.#presence.leave(name, peer.member, broken)
    return channel
  }

  /** Who is there, whether or not somebody here hears the channel. */
  async membersOf(name: string): Promise<Member[]> {
    if (this.rule(name).presence) await this.#channel(name)
    return this.members(name)
  }

  members(name: string): Member[] {
    return [...(this.#open.get(name)?.members.values() ?? [])].slice(0, MEMBERS)
  }

  heard(name: string, at: Position, event: string): void {
    const channel = this.#open.get(name)
    if (!channel) this.#missed(name)
    else if (this.#isNews(channel, at, event)) {
      channel.append(event)
      this.turn.published(channel)
    }
  }

  /** Whether it is the next event; what shows a hole is asked for. */
  #isNews(channel: Channel, { epoch, offset }: Position, event: string): boolean {
    const isSame = epoch === channel.epoch
    if (isSame && offset === channel.offset + 1) return true
    if (isSame && offset <= channel.offset) {
      if (channel.isKnown(offset, event)) return false
      // The broker has lost what it had told: whatever it has now is another history.
      channel.offset = Number.MAX_SAFE_INTEGER
    }
    void this.#refill(channel)
    return false
  }

  joined(name: string, member: Member): void {
    const channel = this.#open.get(name)
    if (!channel) this.#missed(name)
    if (!channel || channel.members.has(member.id)) return
    channel.members.set(member.id, member)
    channel.moves++
    this.#tell(channel, 'joined', member)
  }

  left(name: string, id: string): void {
    const channel = this.#open.get(name)
    if (!channel) this.#missed(name)
    else channel.moves++
    const member = channel?.members.get(id)
    if (!channel || !member) return
    channel.members.delete(id)
    this.#tell(channel, 'left', member)
    // No crowd any more: nobody was told who came and went meanwhile.
    if (channel.members.size === MEMBERS) for (const peer of channel.peers) peer.gap?.(channel)
  }

  stands(name: string, { epoch, offset }: Position): void {
    const channel = this.#open.get(name)
    if (!channel) return
    if (epoch !== channel.epoch || offset > channel.offset) void this.#refill(channel)
    else if (channel.rule.presence) this.#meet(channel).catch(() => {}) // met at the next look
  }

  returned(): void {
    void this.#presence.catchUp()
    for (const channel of this.#open.values()) void this.#refill(channel)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweep)
    this.turn.end()
    await this.#broker.close()
  }

  /** Follows the channel, if that is not done yet. */
  #channel(name: string): Promise<Channel> {
    const known = this.#channels.get(name)
    const open = this.#open.get(name)
    if (open) open.touched = Date.now()
    if (known) return known
    const rule = this.rule(name)
    // All of them are looked through, which must not happen for every name that somebody thinks up.
    if (this.#channels.size >= CHANNELS && Date.now() - this.#swept > 1_000) this.#forget(1_000)
    if (this.#channels.size >= CHANNELS) throw new Refusal(503, 'There are too many channels.')
    const opening = this.#begin(new Channel(name, rule, this.limits))
    this.#channels.set(name, opening)
    opening.catch(() => this.#channels.delete(name))
    return opening
  }

  async #begin(channel: Channel): Promise<Channel> {
    const { name } = channel
    this.#early.delete(name)
    channel.reset(await this.#broker.follow(name))
    if (channel.rule.presence)
      for (const member of await this.#broker.members(name)) channel.members.set(member.id, member)
    this.#open.set(name, channel)
    if (this.#early.delete(name)) void this.#refill(channel)
    return channel
  }

  /** Something was heard before the channel was open. */
  #missed(name: string): void {
    if (this.#channels.has(name)) this.#early.add(name)
  }

  /** Asks for what was not heard; once more when there was more to be heard meanwhile. */
  async #refill(channel: Channel): Promise<void> {
    const isUnderWay = this.#refills.has(channel)
    this.#refills.set(channel, true)
    if (isUnderWay) return
    try {
      while (this.#refills.get(channel)) {
        this.#refills.set(channel, false)
        await this.#catchUp(channel)
      }
    } catch {
      // Asked again when the broker is back.
    } finally {
      this.#refills.delete(channel)
    }
  }

  async #catchUp(channel: Channel): Promise<void> {
    const log = await this.#broker.read(channel.name, channel.position)
    const first = log.offset - log.events.length + 1
    if (log.epoch === channel.epoch && first <= channel.offset + 1) {
      for (const [index, event] of log.events.entries())
        this.heard(channel.name, { epoch: log.epoch, offset: first + index }, event)
    } else {
      channel.reset(log)
      for (const peer of channel.peers) peer.gap?.(channel)
    }
    if (!channel.rule.presence) return
    await this.#presence.renew(channel.name)
    await this.#meet(channel)
  }

  /** Tells of those who came or went unheard. */
  async #meet(channel: Channel): Promise<void> {
    const { moves } = channel
    const members = await this.#broker.members(channel.name)
    // The answer came by another way than the news, which may be younger.
    if (moves !== channel.moves) return this.#meet(channel)
    for (const member of members) this.joined(channel.name, member)
    const ids = new Set(members.map(({ id }) => id))
    for (const id of channel.members.keys()) if (!ids.has(id)) this.left(channel.name, id)
  }

  #tell(channel: Channel, type: 'joined' | 'left', member: Member): void {
    if (channel.members.size > MEMBERS) return
    const frame = messageFrame({ type, channel: channel.name, member })
    for (const peer of channel.peers) peer.tell?.(channel, frame)
  }

  /** Channels that nobody hears are dropped after a while; histories, when they take too much memory. */
  #forget(idle = IDLE_MS): void {
    let bytes = 0
    this.#swept = Date.now()
    const newest = [...this.#open].sort(([, a], [, b]) => b.touched - a.touched)
    for (const [name, channel] of newest) {
      bytes += channel.bytes
      if (bytes > this.limits.historyBytesInAll) channel.forget()
      if (channel.peers.size > 0 || Date.now() - channel.touched < idle) continue
      this.#open.delete(name)
      this.#channels.delete(name)
      this.#broker.unfollow(name)
    }
  }
}
