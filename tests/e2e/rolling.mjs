// Two instances behind any balancer, with Redis: one after the other is restarted under load, and what was acknowledged is heard, once.
import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, eventually, freePort, play, repository, stop } from './lib.mjs'

const TALKERS = 4
const READERS = 20
const ROUNDS = 3
const CHANNEL = 'rooms:rolling'

await play(async (start) => {
  const { Live } = await import(pathToFileURL(join(repository, 'contract/client/live.ts')))
  const redis = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'rolling-'))
  start(`redis-server --bind 127.0.0.1 --port ${redis} --dir ${folder} --appendonly yes --appendfsync always`)
  const ports = [await freePort(), await freePort()]
  // A history that is longer than the slowest return of a client: with less there would be gaps, rightly.
  const env = { REDIS_URL: `redis://127.0.0.1:${redis}`, DATABASE: join(folder, 'rooms.sqlite'), HISTORY_MESSAGES: '10000', LOG_LEVEL: 'warn' }
  const startAt = async (port) => {
    const service = start('node services/realtime/src/main.ts', { ...env, PORT: `${port}` })
    await answers(`http://127.0.0.1:${port}/readyz`, 60)
    return service
  }
  const services = [await startAt(ports[0]), await startAt(ports[1])]

  let turn = 0
  /** A client that is sent to another instance at every attempt. */
  const open = (name, settings = {}) => {
    const live = new Live({ url: () => `ws://127.0.0.1:${ports[turn++ % 2]}/ws?client=secret-of-${name}&name=${name}`, ...settings })
    live.connect()
    return live
  }
  const readers = Array.from({ length: READERS }, (_, index) => {
    const reader = { live: open(`reader-${index}`), heard: [], standings: [] }
    reader.live.subscribe(CHANNEL, {
      event: ({ message }) => reader.heard.push(message.text),
      accepted: ({ recovered }) => reader.standings.push(recovered),
    })
    return reader
  })
  await eventually('all listen', async () => assert.ok(readers.every(({ standings }) => standings.length === 1)))

  const acknowledged = new Set()
  let stopped = false
  const talkers = Array.from({ length: TALKERS }, async (_, index) => {
    const live = open(`talker-${index}`)
    for (let number = 0; !stopped; number++) {
      const text = `${index}: ${number}`
      await live.publish(CHANNEL, { text })
      acknowledged.add(text)
      await sleep(25)
    }
    live.rest()
  })
  const more = async (count) => {
    const { size } = acknowledged
    await Promise.race([eventually('more is acknowledged', async () => assert.ok(acknowledged.size > size + count), 60), ...talkers])
  }

  for (let round = 0; round < ROUNDS; round++)
    for (const at of services.keys()) {
      await more(100)
      assert.equal(await stop(services[at], 'SIGTERM'), 0, services[at].log)
      await more(20) // by the other one
      services[at] = await startAt(ports[at])
    }
  await more(100)
  stopped = true
  await Promise.all(talkers)

  const first = readers[0]
  for (const { live, heard, standings } of readers) {
    const missing = () => [...acknowledged].filter((text) => !heard.includes(text))
    await eventually('all is heard', async () => assert.deepEqual(missing(), [], `returns that resumed: ${standings}`))
    assert.equal(new Set(heard).size, heard.length, 'nothing is heard twice')
    assert.deepEqual(heard, first.heard, 'all hear it in one order')
    assert.ok(standings.length > 1 && standings.slice(1).every(Boolean), `each return has resumed without a gap: ${standings}`)
    live.rest()
  }
  console.log(`${acknowledged.size} messages through ${2 * ROUNDS} restarts, heard by ${READERS} readers`)
  for (const service of services) assert.equal(await stop(service, 'SIGTERM'), 0)
})
