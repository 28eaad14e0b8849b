// The page asks Python through Node: answers come as they are written, who leaves ends the work, and a job outlives Python.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, eventually, freePort, play, stop } from './lib.mjs'

const JSON_TYPE = { 'content-type': 'application/json' }
const JOB = { demand: 100, spread: 40, days: 7, probability: 0.95, years: 100_000, seed: 7 }

/** A language model that never comes to an end. */
async function talker() {
  const said = { words: 0, left: undefined }
  const server = createServer(async (request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const speak = () => response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: `word ${++said.words} ` } }] })}\n\n`)
    const timer = setInterval(speak, 50)
    said.left = once(response, 'close').then(() => clearInterval(timer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { said, server, url: `http://127.0.0.1:${server.address().port}/v1` }
}

await play(async (start) => {
  const [nodePort, mlPort] = [await freePort(), await freePort()]
  const [node, ml] = [`http://127.0.0.1:${nodePort}`, `http://127.0.0.1:${mlPort}`]
  const model = await talker()
  const folder = await mkdtemp(join(tmpdir(), 'language-'))
  const common = { LOG_LEVEL: 'error', SIMULATION: 'off', SERVICE_TOKEN: 'known to both' }
  const startPython = async () => {
    const settings = { PORT: `${mlPort}`, NODE_URL: node, DATA_FOLDER: folder, JOB_WORKERS: '1', AI_URL: model.url, AI_MODEL: 'talker', AI_KEY: 'k' }
    const service = start('.venv/bin/python -m app.main', { ...common, ...settings }, 'services/ml')
    await answers(`${ml}/readyz`, 60)
    return service
  }
  let python = await startPython()
  const realtime = start('node src/main.ts', { ...common, PORT: `${nodePort}`, ML_URL: ml, DATABASE: ':memory:', OUTBOX: ':memory:' }, 'services/realtime')
  await answers(`${node}/readyz`, 60)

  const leave = new AbortController()
  const answer = await fetch(`${node}/answers/answers`, { method: 'POST', headers: JSON_TYPE, body: '{"question":"How do I get a refund?"}', signal: leave.signal })
  assert.equal(answer.status, 200)
  let text = ''
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    text += part
    if (text.includes('word 5')) break
  }
  const { words } = model.said
  assert.ok(words < 50, `${words} were said before the fifth was heard`)
  leave.abort()
  await model.said.left

  const jobs = `${node}/sums/jobs`
  const ask = () => fetch(jobs, { method: 'POST', headers: { ...JSON_TYPE, 'idempotency-key': 'once' }, body: JSON.stringify(JOB) })
  const { id } = await (await ask()).json()
  assert.equal((await (await ask()).json()).id, id)
  const job = async () => (await fetch(`${jobs}/${id}`)).json()
  await eventually('it goes on', async () => assert.ok((await job()).progress > 0.1))
  await stop(python, 'SIGKILL')
  const away = await fetch(jobs)
  assert.equal(away.status, 503, await away.text())
  python = await startPython()
  await eventually('it is done', async () => assert.equal((await job()).state, 'done'), 60)
  assert.equal((await (await fetch(jobs)).json()).jobs.length, 1)

  for (const service of [realtime, python]) assert.equal(await stop(service, 'SIGTERM'), 0, service.log)
  model.server.close()
  model.server.closeAllConnections()
})
