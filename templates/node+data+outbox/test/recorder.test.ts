import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventBatch, operations as ofData } from '#contract/events'
import { operations, type Reading } from '#contract/readings'
import { operations as described } from '#operations'
import { send, start } from './support.ts'

const { method, path } = operations.addReading

/** Where services/data would be; the whole of both is tried by running both. */
let isThere = true
const kept = new Map<string, number>()
const wrong: unknown[] = []
const data = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  if (request.url !== ofData.ingestEvents.path) wrong.push(request.url)
  wrong.push(...(described.get('ingestEvents')?.body?.check(JSON.parse(body)) ?? []))
  const { events }: EventBatch = JSON.parse(body)
  const late = events.findIndex(({ at }) => at < '2000')
  const refused = late < 0 ? [] : [{ index: late, reason: 'at is before 2000' }]
  const accepted = events.filter((_, index) => index !== late)
  for (const { id } of isThere ? accepted : []) kept.set(id, (kept.get(id) ?? 0) + 1)
  response.writeHead(isThere ? 202 : 500, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ accepted: accepted.length, duplicates: 0, refused }))
}).listen(0, '127.0.0.1')
await once(data, 'listening')
after(() => {
  data.close()
  data.closeAllConnections()
})

const { port } = data.address() as AddressInfo
const { app, url } = await start({ DATA_URL: `http://127.0.0.1:${port}` })

async function publish(more: Partial<Reading> = {}): Promise<string> {
  const answer = await send(`${url}${path}`, method, { source: 'a', value: 1, ...more })
  assert.equal(answer.status, 202)
  return ((await answer.json()) as Reading).id
}

const settled = () => [...app.outbox.queues].find(({ name }) => name === 'data')?.count
async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; !check(); tries++) {
    assert.ok(tries < 500)
    await sleep(20)
  }
}

test('every reading is kept once; those that come while the other service is away, later', async () => {
  const ids = [await publish()]
  await until(() => kept.size === 1)
  isThere = false
  for (let n = 0; n < 20; n++) ids.push(await publish())
  isThere = true
  await until(() => kept.size === 21)
  assert.deepEqual(
    [...kept],
    ids.map((id) => [id, 1]),
  )
})

test('a single one that is refused is set aside, and the others are kept', async () => {
  isThere = false
  const ids = [await publish(), await publish({ at: '1999-12-31T00:00:00Z' }), await publish()]
  isThere = true
  await until(() => settled()?.refused === 1 && settled()?.delivered === 23)
  assert.deepEqual(
    ids.map((id) => kept.get(id)),
    [1, undefined, 1],
  )
  assert.deepEqual(wrong, [])
})
