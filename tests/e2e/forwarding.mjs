// Readings go from Node to the data service; each is killed under load: what was acknowledged is in the tables, once.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, browse, eventually, freePort, play, stop } from './lib.mjs'

const KILLS = 2
const WORKERS = 6

await play(async (start) => {
  const [port, dataPort] = [await freePort(), await freePort()]
  const node = `http://127.0.0.1:${port}`
  const data = `http://127.0.0.1:${dataPort}`
  const env = { PORT: `${port}`, DATA_PORT: `${dataPort}`, DATA_URL: data, SERVICE_TOKEN: 'secret', PIPELINE_EVERY: '1', SIMULATION: 'off', LOG_LEVEL: 'warn' }
  const startNode = async () => {
    const service = start('node --env-file-if-exists=.env services/realtime/src/main.ts', env)
    await answers(`${node}/livez`, 60)
    return service
  }
  const startPython = async () => {
    const service = start('python3 tasks.py start data', env)
    await answers(`${data}/livez`, 90)
    return service
  }

  // Whoever sends repeats a reading with its key until that is acknowledged.
  const acknowledged = new Map()
  let isOver = false
  const work = async (worker) => {
    for (let n = 0; !isOver; n++) {
      const key = `${worker}-${n}`
      const body = JSON.stringify({ source: `gauge-${worker}`, value: n % 50, at: new Date().toISOString() })
      const headers = { 'content-type': 'application/json', 'idempotency-key': key }
      while (!acknowledged.has(key)) {
        const answer = await fetch(`${node}/berth-map/readings`, { method: 'POST', headers, body }).catch(() => {})
        if (answer?.status === 202) acknowledged.set(key, (await answer.json()).id)
        else await sleep(50)
      }
    }
  }
  const more = (count, what) => {
    const before = acknowledged.size
    return eventually(what, async () => assert.ok(acknowledged.size >= before + count, `${acknowledged.size - before} acknowledged`), 60)
  }

  let [realtime, python] = await Promise.all([startNode(), startPython()])
  const working = Array.from({ length: WORKERS }, (_, worker) => work(worker))
  for (let kill = 0; kill < KILLS; kill++) {
    await more(150, 'under load')
    await stop(python, 'SIGKILL')
    await more(150, 'without Python')
    await stop(realtime, 'SIGKILL')
    realtime = await startNode()
    python = await startPython()
    await more(150, 'both back')
    await stop(realtime, 'SIGKILL')
    realtime = await startNode()
  }
  await more(50, 'at the end')
  isOver = true
  await Promise.all(working)
  const state = async () => (await fetch(`${data}/history/pipeline`, { headers: { authorization: `Bearer ${env.SERVICE_TOKEN}` } })).json()
  await eventually('all in the tables', async () => assert.ok((await state()).events >= acknowledged.size, JSON.stringify(await state())), 60)
  const metrics = await (await fetch(`${node}/metrics`)).text()
  assert.match(metrics, /outbox_pending{.*} 0/)
  assert.match(metrics, /outbox_refused_total{.*} 0/)
  await sleep(3_000) // two more runs of the pipeline, by which nothing comes twice
  const { events, duplicates, rejected } = await state()
  console.log(JSON.stringify({ acknowledged: acknowledged.size, events, duplicates, rejected }))
  assert.equal(new Set(acknowledged.values()).size, acknowledged.size)
  assert.deepEqual([events, rejected], [acknowledged.size, 0])

  // Beside Node the data service shows its tables, too.
  const { browser, page, errors, picture } = await browse(data)
  await page.locator('dialog input').fill(env.SERVICE_TOKEN)
  await page.keyboard.press('Enter')
  await page.locator('#means tbody tr').first().waitFor({ state: 'attached' })
  const named = await page.locator('#sources label').allInnerTexts()
  assert.deepEqual(named, Array.from({ length: WORKERS }, (_, worker) => `gauge-${worker}`))
  await picture('forwarding-dashboard')
  assert.deepEqual(errors, [])
  await browser.close()
  assert.deepEqual(await Promise.all([stop(realtime), stop(python)]), [0, 0])
})
