import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { channels, operations, type Reading } from '#contract/readings'
import { Client } from './client.ts'
import { StandIn } from './ml.ts'
import { Process } from './process.ts'
import { hasRedis, Redis } from './redis.ts'
import { send, start } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'deaths-'))
after(() => rmSync(folder, { recursive: true }))
const { method, path } = operations.addReading

/** So much that a listener never misses anything. */
const PLENTY = {
  LOG_LEVEL: 'info',
  HISTORY_MESSAGES: '100000',
  HISTORY_BYTES: `${1 << 28}`,
  QUEUE_MESSAGES: '100000',
  QUEUE_BYTES: `${1 << 28}`,
}

/** How often each reading was told to be scored. */
class Scores {
  readonly counts = new Map<string, number>()
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
    client.socket.addEventListener('message', ({ data }) => {
      const { type, event } = JSON.parse(data)
      assert.notEqual(type, 'gap')
      if (event?.type !== 'score' || event.state !== 'scored') return
      this.counts.set(event.reading, (this.counts.get(event.reading) ?? 0) + 1)
    })
  }

  static async at(url: string): Promise<Scores> {
    const client = await Client.connect(url)
    const scores = new Scores(client)
    await client.ask({ type: 'subscribe', channel: channels.readings })
    return scores
  }

  get twice(): string[] {
    return [...this.counts].filter(([, count]) => count > 1).map(([id]) => id)
  }

  async closed(): Promise<void> {
    this.#client.socket.close()
    await this.#client.closed()
  }
}

/** Sends readings until that fails, or is enough; notes the ids of those that were acknowledged. */
async function load(url: string, acknowledged: string[], enough?: AbortSignal): Promise<void> {
  while (!enough?.aborted)
    try {
      const answer = await send(`${url}${path}`, method, { source: 'a', value: 1 })
      if (answer.status === 202) acknowledged.push(((await answer.json()) as Reading).id)
      else await sleep(20)
    } catch {
      return
    }
}

const workers = (url: string, acknowledged: string[], enough?: AbortSignal) =>
  Promise.all(Array.from({ length: 8 }, () => load(url, acknowledged, enough)))

async function until(what: string, check: () => boolean): Promise<void> {
  for (let tries = 0; !check(); tries++) {
    assert.ok(tries < 1_500, what)
    await sleep(20)
  }
}

test('Node is killed under load: every reading that was acknowledged is scored', async () => {
  const ml = await StandIn.start()
  ml.takes = 30
  const env = { ...PLENTY, OUTBOX: join(folder, 'outbox.sqlite'), ML_URL: ml.url }
  const acknowledged: string[] = []
  const killed = new Process(env)
  const before = await Scores.at(await killed.url())
  const loading = workers(await killed.url(), acknowledged)
  await until('it goes on', () => before.counts.size > 20 && acknowledged.length > 60)
  killed.child.kill('SIGKILL')
  await loading
  await before.closed()
  const left = acknowledged.filter((id) => !before.counts.has(id))
  assert.ok(left.length > 0, 'nothing waited when Node was killed')
  const service = new Process(env)
  const after = await Scores.at(await service.url())
  await until('what was left is scored', () => left.every((id) => after.counts.has(id)))
  // Told twice, if at all, only for a kill between the telling and the writing down of it.
  assert.deepEqual([before.twice, after.twice, ml.wrong], [[], [], []])
  service.child.kill('SIGTERM')
  assert.equal(await service.ended, 0)
})

test('when too much waits a reading is refused before anybody sees it', async () => {
  const ml = await StandIn.start()
  ml.behaviour = 'fail'
  const { app, url } = await start({ ML_URL: ml.url, DATA_URL: ml.url, OUTBOX_ROWS: '3' })
  const sent = () => send(`${url}${path}`, method, { source: 'a', value: 1 })
  const answers = await Promise.all(Array.from({ length: 8 }, sent))
  const refused = answers.filter(({ status }) => status === 503)
  assert.equal(refused.length, 5)
  for (const { headers } of refused) assert.equal(headers.get('retry-after'), '1')
  assert.equal(app.readings.latest(10).length, 3)
  assert.match(await (await fetch(`${url}/metrics`)).text(), /outbox_full_total{.*} 5/)
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  ml.behaviour = 'answer'
  const queues = [...app.outbox.queues]
  await until('there is room again', () => queues.every(({ count }) => count.delivered === 3))
  assert.equal((await sent()).status, 202)
})

test('one that is refused for good takes no other along', async () => {
  const ml = await StandIn.start()
  ml.poison = ({ last }) => last === 13
  ml.behaviour = 'fail'
  const { app, url } = await start({ ML_URL: ml.url })
  const client = await Client.connect(url)
  await client.ask({ type: 'subscribe', channel: channels.readings })
  const values = [10, 11, 12, 13, 14, 15]
  const ids: string[] = []
  for (const value of values) {
    const answer = await send(`${url}${path}`, method, { source: 'a', value })
    ids.push(((await answer.json()) as Reading).id)
  }
  ml.behaviour = 'answer' // now they are asked for together
  for (const [index, id] of ids.entries()) {
    const { event } = await client.hears(
      'event',
      ({ event }) => event.type === 'score' && event.reading === id && event.state !== 'pending',
    )
    assert.equal(event.type === 'score' && event.state, index === 3 ? 'failed' : 'scored')
    if (index !== 3) assert.equal(event.type === 'score' && event.score?.value, values[index])
  }
  const queue = [...app.outbox.queues].find(({ name }) => name === 'ml')
  await until('all is settled', () => queue?.count.refused === 1 && queue.count.delivered === 5)
  client.socket.close()
})

test('the same reading again is scored once, as clients hear it', async () => {
  const ml = await StandIn.start()
  const { url } = await start({ ML_URL: ml.url })
  const scores = await Scores.at(url)
  const once = () =>
    send(`${url}${path}`, method, { source: 'a', value: 1 }, { 'idempotency-key': 'k' })
  const { id } = (await (await once()).json()) as Reading
  await until('it is scored', () => scores.counts.has(id))
  assert.equal(((await (await once()).json()) as Reading).id, id)
  const other = await send(`${url}${path}`, method, { source: 'b', value: 1 })
  const last = ((await other.json()) as Reading).id
  await until('what comes later is scored', () => scores.counts.has(last))
  assert.deepEqual(
    [...scores.counts],
    [
      [id, 1],
      [last, 1],
    ],
  )
  await scores.closed()
})

test('of two instances one is killed under load: all is scored, each reading once', {
  skip: hasRedis ? false : 'there is no redis-server here',
}, async () => {
  const redis = await Redis.start()
  const ml = await StandIn.start()
  ml.takes = 30
  const env = { ...PLENTY, REDIS_URL: redis.url, ML_URL: ml.url }
  const one = new Process(env)
  const oneUrl = await one.url()
  const early = await Scores.at(oneUrl)
  await send(`${oneUrl}${path}`, method, { source: 'a', value: 1 })
  await until('the first instance calls', () => early.counts.size > 0)
  const two = new Process(env)
  const twoUrl = await two.url()
  const scores = await Scores.at(twoUrl)
  const acknowledged: string[] = []
  const enough = new AbortController()
  const loading = [oneUrl, twoUrl].map((url) => workers(url, acknowledged, enough.signal))
  await until('both go on', () => scores.counts.size > 20 && acknowledged.length > 60)
  one.child.kill('SIGKILL')
  await one.ended
  const before = acknowledged.length
  await until('the other goes on', () => acknowledged.length > before + 50)
  enough.abort()
  await Promise.all(loading)
  assert.ok(acknowledged.some((id) => !scores.counts.has(id)))
  await until('all are scored', () => acknowledged.every((id) => scores.counts.has(id)))
  assert.deepEqual([scores.twice, ml.wrong], [[], []])
  await Promise.all([early.closed(), scores.closed()])
})
