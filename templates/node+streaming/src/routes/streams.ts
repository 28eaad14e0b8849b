import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { addressOf } from '#contract'
import { need } from '../access.ts'
import type { Plugin } from '../app.ts'
import { isDeep, Refusal, serve } from '../contract.ts'
import type { Channel } from '../realtime/channel.ts'
import { Outbox } from '../realtime/outbox.ts'

const NDJSON = 'application/x-ndjson'
const PREFIX = addressOf('stream')

/** Who reads a stream line by line. */
class Follower extends Outbox {
  get isOpen(): boolean {
    return this.wire.writable
  }

  close(): void {
    this.end()
  }

  protected cut(): void {
    this.wire.destroy()
  }

  protected gapAt({ name: channel, epoch }: Channel, offset: number): Buffer {
    return Buffer.from(`${JSON.stringify({ type: 'gap', channel, epoch, offset })}\n`)
  }
}

/** Lines of JSON, in and out, for as long as either side likes. */
const routes: Plugin = (app) => {
  const open = new Set<ServerResponse>()
  app.hub.open(PREFIX, {})
  app.addContentTypeParser(NDJSON, (_, payload, done) => done(null, payload))
  app.addHook('preClose', async () => {
    for (const response of open) response.end()
  })

  serve(app, 'feedStream', async ({ name }, request, reply) => {
    need(request, 'publish', PREFIX + name)
    const body = request.body as Readable
    let lines = 0
    try {
      for await (const line of createInterface({
        input: Readable.from(bounded(body, app.hub.limits.message)),
      })) {
        if (!line.trim()) continue
        const data = read(line, ++lines)
        const at = new Date().toISOString()
        await app.hub.publish(`${PREFIX}${name}`, { type: 'chunk', data, at })
      }
    } catch (error) {
      body.resume() // the caller hears of it while still sending
      reply.header('connection', 'close')
      throw error
    }
    return { lines }
  })

  serve(app, 'followStream', async ({ name }, request, reply) => {
    const channel = PREFIX + name
    need(request, 'read', channel)
    const left = app.hub.admit(app.access.open ? randomUUID() : request.identity.id)
    reply.raw.once('close', left)
    const response = reply.raw
    const follower = new Follower(app.hub, response, 'lines')
    await app.hub.subscribe(channel, follower)
    reply.hijack()
    response.writeHead(200, { 'content-type': NDJSON, 'cache-control': 'no-store' })
    response.flushHeaders()
    open.add(response)
    const leave = () => {
      follower.close()
      open.delete(response)
      app.hub.unsubscribe(channel, follower)
    }
    response.on('close', leave)
    if (response.destroyed) leave()
  })
}

/** A line without end would fill the memory. */
async function* bounded(body: Readable, limit: number): AsyncGenerator<Buffer> {
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(10)
    length = end < 0 ? length + chunk.length : chunk.length - end
    if (length > limit) throw new Refusal(413, 'The line is too long.')
    yield chunk
  }
}

function read(line: string, number: number): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(line)
    if (typeof data === 'object' && data && !Array.isArray(data) && !isDeep(data))
      return data as Record<string, unknown>
  } catch {}
  throw new Refusal(
    422,
    `Line ${number} is not a JSON object, or nested too deep; the ones before it were taken.`,
  )
}

export default routes
