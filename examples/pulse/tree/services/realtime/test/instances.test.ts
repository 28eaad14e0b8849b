import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Live } from '#client/live'
import type { Event } from '#contract/realtime'
import { Client } from './client.ts'
import { hasRedis, Redis } from './redis.ts'
import { type Service, start } from './support.ts'

const skip = hasRedis ? false : 'there is no redis-server here'

/** An instance of the service, which knows of others by Redis alone. */
async function another(redis: Redis): Promise<Service> {
  const limits = { MAX_MESSAGES_PER_SECOND: '10000', MAX_MESSAGES_AT_ONCE: '10000' }
  const service = await start({ REDIS_URL: redis.url, PRESENCE_GRACE_MS: '500', ...limits })
  service.app.hub.open('own:', {
    presence: true,
    publish: (_, data) => ({ type: 'test', ...data }) as unknown as Event,
  })
  return service
}

const instances = (redis: Redis) => Promise.all([another(redis), another(redis)])

const numberOf = ({ event }: { event: Event }) => (event as unknown as { n: number }).n

async function until(what: string, check: () => unknown): Promise<void> {
  for (let tries = 0; !(await check()); tries++) {
    assert.ok(tries < 500, what)
    await sleep(20)
  }
}

/** Asks until the service can do it; with a key a repetition takes effect once. */
async function insist(client: Client, message: Record<string, unknown>): Promise<void> {
  for (;;) {
    const answer = await client.answer(message)
    if (answer.type === 'accepted') return
    assert.equal(answer.problem.status, 503)
    await sleep(20)
  }
}

test('what one instance takes everyone hears in one order, and may resume on the other', {
  skip,
}, async () => {
  const redis = await Redis.start()
  const [one, two] = await instances(redis)
  const [ada, ben] = [await Client.connect(one.url, 'Ada'), await Client.connect(two.url, 'Ben')]
  const channel = 'own:order'
  const { epoch } = await ada.ask({ type: 'subscribe', channel })
  assert.equal((await ben.ask({ type: 'subscribe', channel })).epoch, epoch)
  for (let n = 0; n < 50; n++)
    await Promise.all([ada, ben].map((who) => who.ask({ type: 'publish', channel, data: { n } })))
  const [first, second] = [[] as number[], [] as number[]]
  for (let offset = 1; offset <= 100; offset++) {
    const [a, b] = [await ada.hears('event'), await ben.hears('event')]
    assert.deepEqual([a.offset, b.offset], [offset, offset])
    first.push(numberOf(a))
    second.push(numberOf(b))
  }
  assert.deepEqual(first, second)

  const moved = await Client.connect(two.url, 'Ada')
  const since = { epoch: epoch ?? '', offset: 40 }
  const back = await moved.ask({ type: 'subscribe', channel, since })
  assert.equal(back.recovered, true)
  for (let offset = 41; offset <= 100; offset++)
    assert.equal((await moved.hears('event')).offset, offset)

  const publish = { type: 'publish', channel, data: { n: 1 }, key: 'once' } as const
  const same = await Client.connect(one.url, 'Eve&client=same')
  const again = await Client.connect(two.url, 'Eve&client=same')
  assert.equal((await same.ask(publish)).offset, (await again.ask(publish)).offset)
  for (const client of [ada, ben, moved, same, again]) client.socket.close()
})

test('members are seen from every instance, and move without leaving', { skip }, async () => {
  const redis = await Redis.start()
  const [one, two] = await instances(redis)
  const channel = 'own:hall'
  const ada = await Client.connect(one.url, 'Ada')
  await ada.ask({ type: 'subscribe', channel })
  const ben = await Client.connect(two.url, 'Ben&client=ben')
  const { members } = await ben.ask({ type: 'subscribe', channel })
  assert.deepEqual(members?.map(({ name }) => name).sort(), ['Ada', 'Ben'])
  assert.equal((await ada.hears('joined')).member.name, 'Ben')
  const stranger = await Client.connect((await another(redis)).url)
  const seen = await stranger.ask({ type: 'presence', channel })
  assert.deepEqual(seen.members?.map(({ name }) => name).sort(), ['Ada', 'Ben'])
  stranger.socket.close()

  ben.socket.close()
  const moved = await Client.connect(one.url, 'Ben&client=ben')
  await moved.ask({ type: 'subscribe', channel })
  await sleep(800) // longer than the grace of the instance that Ben has left
  assert.deepEqual(
    ada.heard.filter(({ type }) => type === 'joined' || type === 'left'),
    [],
  )
  await two.app.close()
  moved.socket.close()
  assert.equal((await ada.hears('left')).member.name, 'Ben')
  ada.socket.close()
})

test('who leaves while Redis is away has left when it is back', { skip }, async () => {
  const redis = await Redis.start()
  const [one, two] = await instances(redis)
  const channel = 'own:away'
  const [ada, ben] = [await Client.connect(one.url, 'Ada'), await Client.connect(two.url, 'Ben')]
  for (const client of [ada, ben]) await client.ask({ type: 'subscribe', channel })
  await redis.kill()
  ben.socket.close()
  await sleep(1_000) // longer than the grace
  await redis.start()
  assert.equal((await ada.hears('left')).member.name, 'Ben')
  ada.socket.close()
})

test('Redis dies under load and comes back: nothing that was accepted is lost or twice', {
  skip,
}, async () => {
  const redis = await Redis.start()
  const [one, two] = await instances(redis)
  const channel = 'own:load'
  const [writer, reader] = [await Client.connect(one.url, 'Ada'), await Client.connect(two.url)]
  await reader.ask({ type: 'subscribe', channel })
  let accepted = 0
  let isOver = false
  const writing = (async () => {
    for (let n = 1; !isOver; n++) {
      await insist(writer, { type: 'publish', channel, data: { n }, key: `${n}` })
      accepted = n
    }
  })()
  const isReady = async () => (await fetch(`${two.url}/readyz`)).status === 200
  for (let round = 1; round <= 3; round++) {
    const before = accepted
    await until('it goes on', () => accepted > before + 50)
    await redis.kill()
    await until('the service says that it is not ready', async () => !(await isReady()))
    await redis.start()
    await until('the service recovers', isReady)
  }
  isOver = true
  await writing
  for (let n = 1; n <= accepted; n++) assert.equal(numberOf(await reader.hears('event')), n)
  assert.ok(!reader.heard.some(({ type }) => type === 'event' || type === 'gap'))
  for (const client of [writer, reader]) client.socket.close()
})

test('Redis comes back without its memory: everyone is told of the gap', { skip }, async () => {
  const redis = await Redis.start()
  const [one, two] = await instances(redis)
  const channel = 'own:memory'
  const [ada, ben] = [await Client.connect(one.url, 'Ada'), await Client.connect(two.url, 'Ben')]
  const { epoch } = await ada.ask({ type: 'subscribe', channel })
  await ben.ask({ type: 'subscribe', channel })
  await ada.ask({ type: 'publish', channel, data: { n: 1 } })
  await redis.kill()
  redis.forget()
  await redis.start()
  for (const client of [ada, ben]) {
    const gap = await client.hears('gap')
    assert.notEqual(gap.epoch, epoch)
  }
  await insist(ada, { type: 'publish', channel, data: { n: 2 } })
  await ben.hears('event', (message) => numberOf(message) === 2)
  await until('both members are known again', async () => {
    const { members } = await ada.ask({ type: 'presence', channel })
    return members?.length === 2
  })
  for (const client of [ada, ben]) client.socket.close()
})

test('Redis comes back without its newest memory: that is a gap, too', { skip }, async () => {
  const redis = await Redis.start()
  const [one, two] = await instances(redis)
  const channel = 'own:newest'
  const [ada, ben] = [await Client.connect(one.url, 'Ada'), await Client.connect(two.url, 'Ben')]
  for (const client of [ada, ben]) await client.ask({ type: 'subscribe', channel })
  const say = (n: number) => insist(ada, { type: 'publish', channel, data: { n } })
  for (const n of [1, 2]) await say(n)
  const rewind = redis.remember()
  for (const n of [3, 4, 5]) await say(n)
  for (const client of [ada, ben]) await client.hears('event', (event) => numberOf(event) === 5)
  await redis.kill()
  rewind()
  await redis.start()
  for (const n of [6, 7, 8, 9]) await say(n)
  for (const client of [ada, ben]) {
    await client.hears('gap')
    await say(10)
    await client.hears('event', (event) => numberOf(event) === 10)
  }
  for (const client of [ada, ben]) client.socket.close()
})

test('one instance after the other restarts under load: nothing that was accepted is lost', {
  skip,
}, async () => {
  const redis = await Redis.start()
  const running = await instances(redis)
  const channel = 'own:rolling'
  const socketOf = ({ url }: Service) => `${url.replace('http', 'ws')}/ws`
  const connect = (turn: number) => {
    // As behind any balancer: each attempt leads to the next instance.
    const live = new Live({ url: () => socketOf(running[turn++ % 2] as Service) })
    live.connect()
    return live
  }
  const [writer, reader] = [connect(0), connect(1)]
  const heard: number[] = []
  const missed: boolean[] = []
  reader.subscribe(channel, {
    event: (event) => heard.push(numberOf({ event })),
    accepted: ({ recovered }) => missed.push(!recovered),
  })
  await until('it listens', () => missed.length > 0)
  let accepted = 0
  let isOver = false
  const writing = (async () => {
    while (!isOver) {
      await writer.publish(channel, { n: accepted + 1 })
      accepted++
    }
  })()
  for (const index of [0, 1]) {
    const before = accepted
    await until('it goes on', () => accepted > before + 50)
    const leaving = running[index] as Service
    running[index] = await another(redis)
    await leaving.app.close()
  }
  const before = accepted
  await until('it goes on', () => accepted > before + 50)
  isOver = true
  await writing
  await until('all was heard', () => heard.length >= accepted)
  assert.deepEqual(
    heard,
    Array.from({ length: accepted }, (_, index) => index + 1),
  )
  assert.deepEqual(missed.slice(1).filter(Boolean), [])
  for (const live of [writer, reader]) live.rest()
})
