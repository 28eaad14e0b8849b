import type { Member } from '#contract/realtime'
import type { Broker } from './broker.ts'
import type { Limits } from './limits.ts'

interface Stay {
  member: Member
  connections: number
  leaving?: NodeJS.Timeout
}

/** Who is in a channel by way of this instance: one person may have many connections, and may lose one for a moment. */
export class Presence {
  #broker: Broker
  #limits: Limits
  #channels = new Map<string, Map<string, Stay>>()
  /** Who has left while the broker was away, by channel and id. */
  #untold = new Map<string, [channel: string, member: Member]>()

  constructor(broker: Broker, limits: Limits) {
    this.#broker = broker
    this.#limits = limits
  }

  async enter(channel: string, member: Member): Promise<void> {
    const stays = this.#channels.get(channel) ?? new Map<string, Stay>()
    this.#channels.set(channel, stays)
    const stay = stays.get(member.id)
    clearTimeout(stay?.leaving)
    if (stay) stay.connections++
    else {
      stays.set(member.id, { member, connections: 1 })
      await this.#broker.enter(channel, member).catch(() => {}) // told again when the broker is back
    }
  }

  /** At once who says so; after a while whose connection broke. */
  leave(channel: string, { id }: Member, broken: boolean): void {
    const stay = this.#channels.get(channel)?.get(id)
    if (!stay || --stay.connections > 0) return
    const grace = broken ? this.#limits.grace : 0
    if (grace === 0) this.#gone(channel, stay)
    else stay.leaving = setTimeout(() => this.#gone(channel, stay), grace).unref()
  }

  /** Tells the broker once more, which may have forgotten. */
  async renew(channel: string): Promise<void> {
    const stays = this.#channels.get(channel)?.values() ?? []
    await Promise.all([...stays].map(({ member }) => this.#broker.enter(channel, member)))
  }

  /** Tells the broker of those who left while it was away. */
  async catchUp(): Promise<void> {
    const untold = [...this.#untold.values()]
    this.#untold.clear()
    for (const [channel, member] of untold)
      if (!this.#channels.get(channel)?.has(member.id)) await this.#leave(channel, member)
  }

  #gone(channel: string, { member }: Stay): void {
    const stays = this.#channels.get(channel)
    stays?.delete(member.id)
    if (stays?.size === 0) this.#channels.delete(channel)
    void this.#leave(channel, member)
  }

  async #leave(channel: string, member: Member): Promise<void> {
    const untold = () => this.#untold.set(`${channel}\n${member.id}`, [channel, member])
    await this.#broker.leave(channel, member).catch(untold)
  }
}
