import { Counter, Gauge, type Registry } from 'prom-client'
import type { Queue } from './queue.ts'

/** What waits for other services, and what became of it, for Prometheus. */
export function measure(registry: Registry, queues: Iterable<Queue<never>>): void {
  const common = { labelNames: ['destination'], registers: [registry] }
  const gauge = (name: string, help: string, read: (queue: Queue<never>) => Promise<number>) =>
    new Gauge({
      ...common,
      name,
      help,
      async collect() {
        for (const queue of queues) {
          // A store that does not answer has nothing to tell.
          const value = await read(queue).catch(() => Number.NaN)
          this.set({ destination: queue.name }, value)
        }
      },
    })
  const counter = (name: string, help: string, of: keyof Queue<never>['count']) =>
    new Counter({
      ...common,
      name,
      help,
      collect() {
        this.reset()
        for (const { name: destination, count } of queues) this.inc({ destination }, count[of])
      },
    })
  const age = (oldest = Date.now()) => (Date.now() - oldest) / 1_000
  gauge('outbox_pending', 'What waits', async (queue) => (await queue.state()).pending)
  gauge('outbox_oldest_seconds', 'Since the oldest waits', async (queue) =>
    age((await queue.state()).oldest),
  )
  counter('outbox_delivered_total', 'Taken by the destination', 'delivered')
  counter('outbox_refused_total', 'Refused by it for good, and set aside', 'refused')
  counter('outbox_full_total', 'Not taken from the caller, for too much waits', 'full')
}
