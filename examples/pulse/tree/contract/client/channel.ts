// A channel as the client knows it: who listens, who is there, and how far its events have come.
import type { Event, Member, Position } from '../generated/realtime.ts'

/** Unless `recovered`, events may have been missed: what is shown needs a fresh look. */
export interface Standing {
  recovered: boolean
  members: Member[]
}

/** What a panel hears of a channel. */
export interface Listener {
  event(event: Event): void
  /** Subscribed, or subscribed again, or told of a gap. */
  accepted?(standing: Standing): void
  refused?(reason: string): void
  joined?(member: Member): void
  left?(member: Member): void
}

export class Channel {
  readonly name: string
  readonly listeners = new Set<Listener>()
  place: Position | undefined
  /** The subscribe request that is under way. */
  asked: number | undefined
  refused = false
  /** How often the request was refused for the moment. */
  attempt = 0
  #members = new Map<string, Member>()

  constructor(name: string) {
    this.name = name
  }

  stand(recovered: boolean, members?: Member[]): void {
    if (members) this.#members = new Map(members.map((member) => [member.id, member]))
    for (const listener of this.listeners) listener.accepted?.(this.#standing(recovered))
  }

  /** For a listener who comes late, and so has missed what came before. */
  greet(listener: Listener): void {
    if (this.listeners.has(listener)) listener.accepted?.(this.#standing(false))
  }

  move(type: 'joined' | 'left', member: Member): void {
    if (type === 'joined') this.#members.set(member.id, member)
    else this.#members.delete(member.id)
    for (const listener of this.listeners) listener[type]?.(member)
  }

  refuse(reason: string): void {
    this.refused = true
    for (const listener of this.listeners) listener.refused?.(reason)
  }

  #standing(recovered: boolean): Standing {
    return { recovered, members: [...this.#members.values()] }
  }
}
