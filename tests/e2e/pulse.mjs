// Both languages: readings reach every browser, scores come back, and either service may die.
import assert from 'node:assert/strict'
import { answers, browse, connect, eventually, freePort, play, readDocs, stop } from './lib.mjs'

await play(async (start) => {
  const [port, mlPort] = [await freePort(), await freePort()]
  const env = { PORT: `${port}`, ML_PORT: `${mlPort}`, ML_URL: `http://127.0.0.1:${mlPort}`, NODE_URL: `http://127.0.0.1:${port}` }
  const node = `http://127.0.0.1:${port}`
  const startNode = () => start('node --env-file-if-exists=.env services/realtime/src/main.ts', env)
  const startPython = () => start('python3 tasks.py start ml', env)
  let [realtime, ml] = [startNode(), startPython()]
  await Promise.all([answers(`${node}/readyz`, 90), answers(`${env.ML_URL}/readyz`, 90)])

  // HTTP: refused with a problem, taken with 202, listed.
  const post = (body) => fetch(`${node}/berth-map/readings`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const refused = await post({ source: 'north', value: 'high' })
  assert.equal(refused.headers.get('content-type'), 'application/problem+json')
  assert.match(JSON.stringify(await refused.json()), /value/)

  // WebSocket: a reading is delivered at once and its score follows.
  const client = await connect(`ws://127.0.0.1:${port}/ws`)
  const accepted = client.next('subscribed', (message) => message.type === 'accepted')
  client.say({ type: 'subscribe', id: 1, channel: 'berth-map' })
  await accepted
  const scoreOf = (id, state) => client.next(`${state} ${id}`, ({ event }) => event?.type === 'score' && event.reading === id && event.state === state, 40)
  const publish = async (value) => {
    const taken = await post({ source: 'north', value })
    assert.equal(taken.status, 202)
    return (await taken.json()).id
  }
  const scored = client.next('a score', ({ event }) => event?.type === 'score' && event.state === 'scored')
  await publish(20)
  const { event } = await scored
  assert.match(event.trace.id, /^[0-9a-f]{32}$/)
  assert.ok(new Set(event.trace.steps.map((step) => step.service)).size >= 2, 'the trace crosses both languages')

  // Server-sent events carry the same.
  const stream = await fetch(`${node}/sse?channel=berth-map`)
  assert.match(stream.headers.get('content-type'), /text\/event-stream/)
  const reader = stream.body.getReader()
  let text = ''
  while (!text.includes('data:')) text += new TextDecoder().decode((await reader.read()).value)
  await reader.cancel()

  // Each language shows the whole contract to read.
  await readDocs(node, 'pulse', 'API')
  await readDocs(env.ML_URL, 'pulse-ml')

  // The page shows both languages at work.
  const { browser, page, errors, picture } = await browse(node)
  await eventually('both up on the page', async () => assert.equal(await page.getByText('up', { exact: true }).count(), 2))
  await eventually('scores on the page', async () => assert.ok((await page.getByText('→').count()) > 2))
  await picture('pulse-light')

  // Python dies: the live part goes on, scores are pending; it is revived: they come by themselves.
  await stop(ml, 'SIGKILL')
  await client.next('python down', ({ event }) => event?.type === 'service' && event.state === 'down', 40)
  const pendingId = await publish(21)
  const back = scoreOf(pendingId, 'scored')
  await eventually('down on the page', async () => assert.equal(await page.getByText('down', { exact: true }).count(), 1))
  await picture('pulse-python-down')
  assert.equal((await fetch(`${node}/livez`)).status, 200)
  const announced = client.next('the model announced', ({ event }) => event?.type === 'model', 40)
  ml = startPython()
  await back
  const { model } = (await announced).event
  await eventually('the model on the page', async () => assert.equal(await page.getByText(`with model ${model}`).count(), 1))
  await eventually('up again on the page', async () => assert.equal(await page.getByText('up', { exact: true }).count(), 2))

  // Node dies: the page says so, and comes back by itself.
  await stop(realtime, 'SIGKILL')
  await eventually('not live on the page', async () => assert.equal(await page.getByText('Live', { exact: true }).count(), 0))
  await picture('pulse-node-down')
  realtime = startNode()
  await answers(`${node}/readyz`, 60)
  await eventually('live again on the page', async () => assert.equal(await page.getByText('Live', { exact: true }).count(), 1), 60)
  const phone = await browse(node, { viewport: { width: 375, height: 800 }, colorScheme: 'dark' })
  await eventually('live on the phone', async () => assert.equal(await phone.page.getByText('Live', { exact: true }).count(), 1))
  const overflow = await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`)
  await phone.picture('pulse-phone-dark')
  assert.deepEqual(errors, [])
  await Promise.all([browser.close(), phone.browser.close()])

  // Both drain on SIGTERM and say so with their exit code.
  assert.deepEqual(await Promise.all([stop(realtime), stop(ml)]), [0, 0])
})
