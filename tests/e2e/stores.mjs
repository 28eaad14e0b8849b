// What was acknowledged is kept, once: PostgreSQL killed under load, then, with a file, the service itself.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, connect, eventually, freePort, play, stop } from './lib.mjs'

const { DATABASE_URL, POSTGRES } = process.env
const WRITERS = 6
const TALKERS = 2
const ROOM = 'hall'

await play(async (start) => {
  const port = await freePort()
  const node = `http://127.0.0.1:${port}`
  const startNode = (env) => start('node services/realtime/src/main.ts', { PORT: `${port}`, LOG_LEVEL: 'fatal', ...env })
  const isReady = () => answers(`${node}/readyz`, 60)
  const statuses = new Map()

  /** Adds items one after the other, each repeated with its key until it is acknowledged. */
  async function writeItems(name, made, signal) {
    for (let number = 0; !signal.aborted; number++) {
      const title = `${name} ${number}`
      const request = { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': title }, body: JSON.stringify({ title }) }
      for (;;) {
        const answer = await fetch(`${node}/orders`, request).catch(() => undefined)
        const status = answer?.status ?? 'no answer'
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status === 201) {
          made.set(title, (await answer.json()).id)
          break
        }
        assert.ok(status === 503 || status === 'no answer', `${status}: ${await answer?.text()}`)
        await sleep(50)
      }
    }
  }

  /** Says one thing after the other, each again with its key until it is accepted, if need be on a new connection; slower than the limits. */
  async function talk(name, said, signal) {
    const enter = async () => {
      const line = await eventually('a socket', () => connect(`ws://127.0.0.1:${port}/ws?name=${name}&client=secret-of-${name}`), 60)
      return { ...line, cut: new Promise((resolve) => line.socket.addEventListener('close', resolve)) }
    }
    let line = await enter()
    for (let id = 1, number = 0; !signal.aborted; number++) {
      const text = `${name} ${number}`
      for (let accepted = false; !accepted; id++) {
        const answer = line.next(text, (message) => message.id === id, 30)
        line.say({ type: 'publish', id, channel: `talk:${ROOM}`, data: { text }, key: text })
        const { type, problem } = await Promise.race([answer, line.cut])
        accepted = type === 'accepted'
        if (type === 'close') {
          answer.catch(() => {})
          line = await enter()
        } else if (!accepted) assert.equal(problem.status, 503, JSON.stringify(problem))
        await sleep(accepted ? 25 : 100)
      }
      said.push(text)
    }
    line.socket.close()
  }

  async function allItems() {
    const items = []
    for (let cursor = ''; ; ) {
      const page = await (await answers(`${node}/orders?limit=200${cursor && `&cursor=${cursor}`}`)).json()
      items.push(...page.items)
      if (!page.next) return items
      cursor = page.next
    }
  }

  async function allMessages() {
    const messages = []
    for (let before = ''; ; ) {
      const page = await (await answers(`${node}/talk/${ROOM}/messages?limit=100${before && `&before=${before}`}`)).json()
      messages.unshift(...page)
      if (page.length < 100) return messages
      before = page[0].id
    }
  }

  /** Writes through three outages, then looks for what was acknowledged. */
  async function outlast(outage) {
    const made = new Map()
    const said = Array.from({ length: TALKERS }, () => [])
    const stopped = new AbortController()
    const writers = [
      ...Array.from({ length: WRITERS }, (_, index) => writeItems(`item-${index}`, made, stopped.signal)),
      ...said.map((texts, index) => talk(`person-${index}`, texts, stopped.signal)),
    ]
    const grown = async (by) => {
      const [items, texts] = [made.size, said.map(({ length }) => length)]
      await eventually('more is kept', async () => {
        assert.ok(made.size > items + by)
        for (const [index, { length }] of said.entries()) assert.ok(length > (texts[index] ?? 0))
      })
    }
    for (let time = 0; time < 3; time++) {
      await Promise.race([grown(60), ...writers])
      await outage()
    }
    await Promise.race([grown(60), ...writers])
    stopped.abort()
    await Promise.all(writers)
    await kept(made, said)
    return { made, said }
  }

  async function kept(made, said) {
    const items = await allItems()
    const titles = new Map(items.map(({ id, title }) => [title, id]))
    assert.equal(titles.size, items.length, 'no item is there twice')
    for (const [title, id] of made) assert.equal(titles.get(title), id, `${title} is there as it was acknowledged`)
    const texts = (await allMessages()).map(({ text }) => text)
    assert.equal(new Set(texts).size, texts.length, 'no message is there twice')
    for (const [index, own] of said.entries())
      assert.deepEqual(texts.filter((text) => text.startsWith(`person-${index} `)).slice(0, own.length), own, 'in the order in which they were said')
  }

  // PostgreSQL dies; the service stays, says so, and goes on by itself when the server is back.
  let server = start(POSTGRES)
  const startWhenReady = () => eventually('the service starts', async () => {
    const service = startNode({ DATABASE_URL })
    const code = await Promise.race([new Promise((resolve) => service.child.once('exit', resolve)), isReady()])
    assert.equal(typeof code, 'object', service.log)
    return service
  })
  let service = await startWhenReady()
  const history = await outlast(async () => {
    const refused = statuses.get(503) ?? 0
    await stop(server, 'SIGQUIT')
    await eventually('not ready', async () => {
      const answer = await fetch(`${node}/readyz`)
      assert.deepEqual([answer.status, (await answer.json()).checks.database], [503, 'unavailable'])
    })
    await eventually('writers are told', async () => assert.ok((statuses.get(503) ?? 0) > refused + WRITERS))
    assert.equal((await fetch(`${node}/livez`)).status, 200)
    server = start(POSTGRES)
    await isReady()
  })
  assert.equal(service.child.exitCode, null, 'the service was never started again')
  assert.equal(statuses.get('no answer'), undefined)
  assert.equal(await stop(service), 0)
  service = await startWhenReady()
  await kept(history.made, history.said)
  await stop(service)
  await stop(server, 'SIGINT')

  // Without its server the service says why it does not start.
  const lonely = startNode({ DATABASE_URL })
  assert.equal(await new Promise((resolve) => lonely.child.once('exit', resolve)), 1)
  assert.match(lonely.log, /^error: PostgreSQL at 127\.0\.0\.1:\d+\/postgres: /)

  // The default, a file: the service itself is killed, and starts with all that it had answered.
  const file = { DATABASE: 'data/stores.sqlite', DATABASE_URL: '' }
  service = startNode(file)
  await isReady()
  await outlast(async () => {
    await stop(service, 'SIGKILL')
    service = startNode(file)
    await isReady()
  })
  assert.equal(await stop(service), 0)
  console.log('answers to writers:', Object.fromEntries(statuses))
})
