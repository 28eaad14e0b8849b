import { type Environment, integer } from '../config.ts'

/** What clients may take of the service, all in all and each. */
export const readLimits = (env: Environment) => ({
  connections: integer(env, 'MAX_CONNECTIONS', 20_000, 1, 10_000_000),
  /** Of one person, and from one address; a proxy on this machine is not one. */
  connectionsPerMember: integer(env, 'MAX_CONNECTIONS_PER_MEMBER', 20, 1, 1_000_000),
  connectionsPerAddress: integer(env, 'MAX_CONNECTIONS_PER_ADDRESS', 200, 1, 1_000_000),
  /** New connections in a second. */
  upgrades: integer(env, 'MAX_UPGRADES_PER_SECOND', 500, 1, 1_000_000),
  subscriptions: integer(env, 'MAX_SUBSCRIPTIONS', 128, 1, 100_000),
  /** Bytes of one message. */
  message: integer(env, 'MAX_MESSAGE_BYTES', 65_536, 1_024, 1 << 24),
  /** Messages per second in the long run, and at once. */
  rate: integer(env, 'MAX_MESSAGES_PER_SECOND', 50, 1, 1_000_000),
  burst: integer(env, 'MAX_MESSAGES_AT_ONCE', 200, 1, 1_000_000),
  /** How far a reader may fall behind, before its channel's policy counts. */
  queueMessages: integer(env, 'QUEUE_MESSAGES', 256, 1, 1_000_000),
  queueBytes: integer(env, 'QUEUE_BYTES', 1 << 20, 65_536, 1 << 30),
  /** Milliseconds in which a reader that is behind has to take all that waits in its socket. */
  stall: integer(env, 'STALL_MS', 10_000, 100, 600_000),
  /** Milliseconds between two signs of life; a connection that misses two is dead. */
  heartbeat: integer(env, 'HEARTBEAT_MS', 25_000, 100, 30_000),
  /** Milliseconds in which someone whose connection broke may return without having left. */
  grace: integer(env, 'PRESENCE_GRACE_MS', 5_000, 0, 600_000),
  /** What a channel, and what all of them together, keep for those who come back. */
  historyMessages: integer(env, 'HISTORY_MESSAGES', 256, 1, 100_000),
  historyBytes: integer(env, 'HISTORY_BYTES', 1 << 20, 1_024, 1 << 30),
  historyBytesInAll: integer(env, 'HISTORY_BYTES_IN_ALL', 1 << 26, 1_024, 2 ** 40),
})

export type Limits = ReturnType<typeof readLimits>

/** Members listed and told of in one channel; beyond, it is a crowd, and nobody hears who comes and goes. */
export const MEMBERS = 1_000

/** A bucket of tokens, refilled at a steady rate per second. */
export class Bucket {
  #tokens = Number.POSITIVE_INFINITY // which the first look cuts down to the size
  #refilled = Date.now()

  take(rate: number, size: number): boolean {
    const now = Date.now()
    const gained = ((now - this.#refilled) / 1_000) * rate
    this.#refilled = now
    this.#tokens = Math.min(size, this.#tokens + gained)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/** How many of a kind there are. */
export class Tally {
  #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string, change: 1 | -1): void {
    const count = this.of(key) + change
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
