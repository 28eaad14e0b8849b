import { type Client, clientOf } from '#client/http'
import { type EventRecord, type Operations, operations } from '#contract/events'
import type { Plugin } from '../app.ts'
import { text, url } from '../config.ts'
import { bearer, careful, keepsPromise, refusalOf } from '../outbox/calls.ts'
import type { Destination, Queue, Refused } from '../outbox/queue.ts'
import type { Outbox } from './forwarding.ts'
import type { Follower, Taken } from './readings.ts'

/** Has every reading kept by services/data, which counts it once, however often it comes. */
class Recorder implements Destination<EventRecord>, Follower {
  readonly name = 'data'
  readonly batch = 500
  #queue: Queue<EventRecord>
  #policy = careful()
  #data: Client<Operations>

  constructor(outbox: Outbox, base: URL, token: string) {
    this.#queue = outbox.to(this)
    this.#data = clientOf<Operations>(operations, { base, headers: bearer(token), retries: 0 })
  }

  admit(more: number): Promise<void> {
    return this.#queue.admit(more)
  }

  async take({ reading }: Taken): Promise<void> {
    await this.#queue.put(reading.id, reading)
  }

  async deliver(events: EventRecord[]): Promise<Refused[]> {
    const seen = (answer: Response, body: string) => keepsPromise('ingestEvents', answer, body)
    const receipt = await this.#policy.execute(({ signal }) =>
      this.#data.ingestEvents({ body: { events } }, { signal, seen }),
    )
    return receipt.refused
  }

  reasonOf = refusalOf
}

const plugin: Plugin = (app) => {
  const base = url(app.env, 'DATA_URL', 'http://127.0.0.1:8002')
  const token = text(app.env, 'SERVICE_TOKEN', '')
  app.readings.followers.push(new Recorder(app.outbox, base, token))
}

export default plugin
