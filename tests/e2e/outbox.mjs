// Both languages killed, each several times, under load: what was acknowledged is scored, and counted once.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, connect, eventually, freePort, play, stop } from './lib.mjs'

const KILLS = 3
const WORKERS = 8

await play(async (start) => {
  const [port, mlPort] = [await freePort(), await freePort()]
  const node = `http://127.0.0.1:${port}`
  const ml = `http://127.0.0.1:${mlPort}`
  // So much history that nobody who listens misses anything while a service lives.
  const plenty = { HISTORY_MESSAGES: '100000', HISTORY_BYTES: `${1 << 28}`, QUEUE_MESSAGES: '100000', QUEUE_BYTES: `${1 << 28}` }
  const env = { ...plenty, PORT: `${port}`, ML_PORT: `${mlPort}`, ML_URL: ml, NODE_URL: node, SIMULATION: 'off', LOG_LEVEL: 'warn' }
  const startNode = async () => {
    const service = start('node --env-file-if-exists=.env services/realtime/src/main.ts', env)
    await answers(`${node}/livez`, 60)
    return service
  }
  const startPython = async () => {
    const service = start('python3 tasks.py start ml', env)
    await answers(`${ml}/readyz`, 90)
    return service
  }
  const post = (key, value) =>
    fetch(`${node}/berth-map/readings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ source: `gauge-${key.split('-')[0]}`, value }),
    })

  // Whoever sends is stubborn: it repeats a reading with its key until that is acknowledged.
  const acknowledged = new Map()
  let repeated = 0
  let isOver = false
  const work = async (worker) => {
    for (let n = 0; !isOver; n++) {
      const key = `${worker}-${n}`
      for (;;) {
        const answer = await post(key, n % 50).then((answer) => (answer.status === 202 ? answer.json() : undefined)).catch(() => {})
        if (answer) {
          acknowledged.set(key, answer.id)
          break
        }
        repeated++
        await sleep(50)
      }
    }
  }

  // What a listener hears in one life of Node; in the next one channels begin anew.
  const lives = []
  const listen = async () => {
    const client = await connect(`ws://127.0.0.1:${port}/ws`)
    const counts = new Map()
    lives.push(counts)
    client.socket.addEventListener('message', ({ data }) => {
      const { type, event } = JSON.parse(data)
      assert.notEqual(type, 'gap')
      if (event?.type === 'score' && event.state === 'scored') counts.set(event.reading, (counts.get(event.reading) ?? 0) + 1)
    })
    const accepted = client.next('subscribed', ({ type }) => type === 'accepted')
    client.say({ type: 'subscribe', id: 1, channel: 'berth-map' })
    await accepted
    return client
  }
  const scored = () => new Set(lives.flatMap((counts) => [...counts.keys()]))
  const waiting = () => {
    const known = scored()
    return [...acknowledged.values()].filter((id) => !known.has(id))
  }
  const goesOn = async (what) => {
    const [before, known] = [acknowledged.size, scored().size]
    await eventually(what, async () => assert.ok(acknowledged.size > before + 200 && scored().size > known, `${acknowledged.size - before} acknowledged, ${scored().size - known} scored`), 60)
  }

  let [realtime, python] = await Promise.all([startNode(), startPython()])
  await listen()
  const working = Array.from({ length: WORKERS }, (_, worker) => work(worker))
  const left = { node: 0, python: 0 }
  for (let kill = 0; kill < KILLS; kill++) {
    await goesOn('under load')
    await stop(python, 'SIGKILL')
    const before = acknowledged.size
    await eventually('acknowledged without Python', async () => assert.ok(acknowledged.size > before + 200), 60)
    left.python += waiting().length
    if (kill === 1) await stop(realtime, 'SIGKILL') // both at once
    python = await startPython()
    if (kill === 1) {
      realtime = await startNode()
      await listen()
    }
    await goesOn('after Python is back')
    await stop(realtime, 'SIGKILL')
    left.node += waiting().length
    realtime = await startNode()
    await listen()
    await goesOn('after Node is back')
  }
  isOver = true
  await Promise.all(working)
  await eventually('every acknowledged reading scored', async () => assert.deepEqual(waiting(), []), 240)
  const metric = async (name) => Number(new RegExp(`^${name}{.*} (\\d+)`, 'm').exec(await (await fetch(`${node}/metrics`)).text())?.[1])
  await eventually('nothing waits', async () => assert.equal(await metric('outbox_pending'), 0))
  assert.equal(await metric('outbox_refused_total'), 0)

  // Neither death was one that had nothing to lose.
  assert.ok(left.node > 0 && left.python > 0, JSON.stringify(left))
  // What was repeated over a kill is the same reading; its score comes once in each life of Node at most.
  assert.equal(new Set(acknowledged.values()).size, acknowledged.size)
  assert.equal(scored().size, acknowledged.size)
  for (const counts of lives) assert.deepEqual([...counts.values()].filter((count) => count > 1), [])
  const told = lives.reduce((sum, counts) => sum + counts.size, 0)
  console.log(JSON.stringify({ acknowledged: acknowledged.size, scored: scored().size, told, repeated, left }))
  assert.deepEqual(await Promise.all([stop(realtime), stop(python)]), [0, 0])
})
