import type { FastifyInstance } from 'fastify'
import type { Plugin } from '../app.ts'
import { integer, NAME, text } from '../config.ts'
import { measure } from '../outbox/metrics.ts'
import { type Destination, Queue } from '../outbox/queue.ts'
import type { Store } from '../outbox/store.ts'
import { ThreadStore } from '../outbox/thread.ts'
import { redisUrl } from './hub.ts'

declare module 'fastify' {
  interface FastifyInstance {
    outbox: Outbox
  }
}

/** What other services are to get, whenever they can. */
export class Outbox {
  readonly queues = new Set<Queue<never>>()
  #app: FastifyInstance
  #store: Store

  constructor(app: FastifyInstance, store: Store) {
    this.#app = app
    this.#store = store
  }

  /** From when the service listens on, or a while later if something is left from before. */
  to<Body>(destination: Destination<Body>, wait?: number): Queue<Body> {
    const queue = new Queue(this.#store, destination, this.#app.log)
    this.queues.add(queue as unknown as Queue<never>)
    this.#app.addHook('onListen', () => queue.start(wait))
    return queue
  }
}

/** Not a check of readiness: without the other services the rest goes on. Its name puts it before the hub. */
const plugin: Plugin = async (app) => {
  const store = await storeOf(app)
  const outbox = new Outbox(app, store)
  app.decorate('outbox', outbox)
  measure(app.metrics, outbox.queues)
  // Before the hub closes its sockets, for then nobody would hear what follows from a call.
  app.addHook('preClose', async () => {
    await Promise.all([...outbox.queues].map((queue) => queue.stop()))
  })
  // Requests that are under way still put something.
  app.addHook('onClose', () => store.close())
}

/** A file for one instance; several meet in Redis. */
async function storeOf({ env, log }: FastifyInstance): Promise<Store> {
  const rows = integer(env, 'OUTBOX_ROWS', 100_000, 1, 100_000_000)
  const bytes = integer(env, 'OUTBOX_BYTES', 1 << 28, 1 << 10, 2 ** 40)
  const path = text(env, 'OUTBOX', `data/${NAME}-outbox.sqlite`)
  const url = redisUrl(env)
  if (!url) return ThreadStore.open(path, { rows, bytes })
  const { RedisStore } = await import('../outbox/redis.ts')
  return RedisStore.connect(url, rows, log)
}

export default plugin
