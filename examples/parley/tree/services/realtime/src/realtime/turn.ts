import type { Channel } from './channel.ts'
import type { Outbox } from './outbox.ts'

/** Collects what happens in one turn of the event loop: what it holds for a socket leaves in one write. */
export class Turn {
  #channels = new Set<Channel>()
  #outboxes: Outbox[] = []
  #due = false
  #since = 0
  #done: (ms: number) => void

  /** `done` hears how many milliseconds the oldest event had waited. */
  constructor(done: (ms: number) => void) {
    this.#done = done
  }

  /** Something was published here. */
  published(channel: Channel): void {
    if (this.#channels.size === 0) this.#since = performance.now()
    this.#channels.add(channel)
    this.#schedule()
  }

  /** Something waits here. */
  filled(outbox: Outbox): void {
    this.#outboxes.push(outbox)
    this.#schedule()
  }

  /** The turn ends now. */
  end(): void {
    this.#due = false
    const channels = this.#channels
    this.#channels = new Set()
    for (const channel of channels) channel.flush()
    const outboxes = this.#outboxes
    this.#outboxes = []
    for (const outbox of outboxes) outbox.leave()
    if (channels.size > 0) this.#done(performance.now() - this.#since)
  }

  #schedule(): void {
    if (this.#due) return
    this.#due = true
    setImmediate(() => this.end())
  }
}
