import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { listen, Refused, type Standing } from '../client/events.ts'

/** What each connection brings, in pieces; then it breaks. */
const connections = [
  [
    'retry: 2000\nevent: accepted\ndata: {"epoch":"e","offset":1,"recovered":false}\n\n:\n\nid: e:2\nda',
  ],
  [
    'event: accepted\ndata: {"epoch":"e","offset":3,"recovered":true}\n\nid: e:2\nda',
    'ta: {"type":"a"}\n\nid: e:3\ndata: {"type":"b"}\n\n',
  ],
]
const since: unknown[] = []
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

test('comes back after a cut, goes on after the last whole event, and ends when it is refused', async () => {
  const { port } = server.address() as AddressInfo
  const standings: Standing[] = []
  const accepted = (standing: Standing) => standings.push(standing)
  const heard: string[] = []
  await assert.rejects(async () => {
    for await (const { id, event } of listen('c', { base: `http://127.0.0.1:${port}`, accepted }))
      heard.push(`${id} ${event.type}`)
  }, Refused)
  assert.deepEqual(heard, ['e:2 a', 'e:3 b'])
  assert.deepEqual(since, [undefined, 'e:1', 'e:3'])
  assert.deepEqual(
    standings.map(({ recovered }) => recovered),
    [false, true],
  )
})
