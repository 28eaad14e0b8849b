import type { ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { addressOf } from '#contract'
import type { Plugin } from '../app.ts'
import { Refusal, serve } from '../contract.ts'
import { limits } from '../realtime/hub.ts'

const NDJSON = 'application/x-ndjson'
const PREFIX = addressOf('stream')

/** Lines of JSON, in and out, for as long as either side likes. */
const routes: Plugin = (app) => {
  const open = new Set<ServerResponse>()
  app.hub.open(PREFIX, {})
  app.addContentTypeParser(NDJSON, (_, payload, done) => done(null, payload))
  app.addHook('preClose', async () => {
    for (const response of open) response.end()
  })

  serve(app, 'feedStream', async ({ name }, request, reply) => {
    const body = request.body as Readable
    let lines = 0
    try {
      for await (const line of createInterface({ input: Readable.from(bounded(body)) })) {
        if (!line.trim()) continue
        const data = read(line, ++lines)
        const at = new Date().toISOString()
        app.hub.publish(`${PREFIX}${name}`, { type: 'chunk', data, at })
      }
    } catch (error) {
      body.resume() // the caller hears of it while still sending
      reply.header('connection', 'close')
      throw error
    }
    return { lines }
  })

  serve(app, 'followStream', ({ name }, _, reply) => {
    const response = reply.raw
    const follower = {
      tell() {},
      deliver(entries: { event: string }[]) {
        response.write(entries.map(({ event }) => `${event}\n`).join(''))
        if (response.writableLength > limits.backlog) response.destroy()
      },
    }
    const channel = `${PREFIX}${name}`
    app.hub.subscribe(channel, follower)
    reply.hijack()
    response.writeHead(200, { 'content-type': NDJSON, 'cache-control': 'no-store' })
    response.flushHeaders()
    open.add(response)
    response.on('close', () => {
      open.delete(response)
      app.hub.unsubscribe(channel, follower)
    })
  })
}

/** A line without end would fill the memory. */
async function* bounded(body: Readable): AsyncGenerator<Buffer> {
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(10)
    length = end < 0 ? length + chunk.length : chunk.length - end
    if (length > limits.message) throw new Refusal(413, 'The line is too long.')
    yield chunk
  }
}

function read(line: string, number: number): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(line)
    if (typeof data === 'object' && data && !Array.isArray(data))
      return data as Record<string, unknown>
  } catch {}
  throw new Refusal(422, `Line ${number} is not a JSON object; the ones before it were taken.`)
}

export default routes
