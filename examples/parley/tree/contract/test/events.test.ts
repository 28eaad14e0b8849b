import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { listen, Refused, type Standing } from '../client/events.ts'

/** What each connection brings, in pieces; then it breaks. */
let connections: string[][] = []
let since: unknown[] = []
const server = createServer(async ({ headers }, response) => {
  since.push(headers['last-event-id'])
  const pieces = connections.shift()
  if (!pieces) return response.writeHead(404).end('gone')
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const piece of pieces) {
    response.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return response.destroy()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())

/** Listens until the service refuses: the events, where it came back, and what it was told. */
async function hear(...lives: string[][]) {
  connections = lives
  since = []
  const { port } = server.address() as AddressInfo
  const standings: Standing[] = []
  const accepted = (standing: Standing) => standings.push(standing)
  const heard: string[] = []
  await assert.rejects(async () => {
    for await (const { id, event } of listen('c', { base: `http://127.0.0.1:${port}`, accepted }))
      heard.push(`${id} ${event.type}`)
  }, Refused)
  return { heard, since, recovered: standings.map(({ recovered }) => recovered) }
}

test('comes back after a cut, goes on after the last whole event, and ends when it is refused', async () => {
  const told = await hear(
    [
      'retry: 20\nevent: accepted\ndata: {"epoch":"e","offset":1,"recovered":false}\n\n:\n\nid: e:2\nda',
    ],
    [
      'event: accepted\ndata: {"epoch":"e","offset":3,"recovered":true}\n\nid: e:2\nda',
      'ta: {"type":"a"}\n\nid: e:3\ndata: {"type":"b"}\n\n',
    ],
  )
  assert.deepEqual(told.heard, ['e:2 a', 'e:3 b'])
  assert.deepEqual(told.since, [undefined, 'e:1', 'e:3'])
  assert.deepEqual(told.recovered, [false, true])
})

test('lines may end in any way, and be cut anywhere', async () => {
  const text = 'id: e:1\r\ndata: {\r\ndata:"type":"a"}\r\n\r\nid: e:2\rdata: {"type":"ä"}\r\r'
  const { heard } = await hear([...text])
  assert.deepEqual(heard, ['e:1 a', 'e:2 ä'])
})

test('a line separator of Unicode within the data ends nothing', async () => {
  const { heard } = await hear(['id: e:1\ndata: {"type":"a\u2028b"}\n\n'])
  assert.deepEqual(heard, ['e:1 a\u2028b'])
})

test('after a gap it says so and goes on from there', async () => {
  const { since, recovered } = await hear(['event: gap\ndata: {"epoch":"f","offset":40}\n\n'])
  assert.deepEqual([since, recovered], [[undefined, 'f:40'], [false]])
})

test('comes back when the service says so', async (t) => {
  t.mock.method(Math, 'random', () => 0)
  const { mock } = t.mock.method(globalThis, 'setTimeout')
  await hear(['retry: 600000\n\n', 'event: restart\ndata: {"wait":40}\n\n'], ['retry: 90\n\n'])
  const waits = mock.calls.map(({ arguments: [, ms] }) => ms)
  assert.deepEqual(
    waits.filter((ms) => ms === 40 || ms === 90),
    [40, 90],
  )
})

test('what the caller throws is the caller’s', async () => {
  connections = [['event: accepted\ndata: {"epoch":"e","offset":1,"recovered":false}\n\n']]
  const { port } = server.address() as AddressInfo
  const accepted = () => {
    throw new TypeError('my own')
  }
  const events = listen('c', { base: `http://127.0.0.1:${port}`, accepted })
  await assert.rejects(events.next(), { message: 'my own' })
})
