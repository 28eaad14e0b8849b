import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { addressOf } from '#contract'
import { need } from '../access.ts'
import type { Plugin } from '../app.ts'
import { isDeep, Refusal, serve } from '../contract.ts'
import type { Channel } from '../realtime/channel.ts'
import { Stream } from '../realtime/streams.ts'

const NDJSON = 'application/x-ndjson'
const PREFIX = addressOf('stream')

/** A stream of lines. */
class Lines extends Stream {
  protected gapAt({ name: channel, epoch }: Channel, offset: number): Buffer {
    return Buffer.from(`${JSON.stringify({ type: 'gap', channel, epoch, offset })}\n`)
  }
}

/** Lines of JSON, in and out, for as long as either side likes. */
const routes: Plugin = (app) => {
  app.hub.open(PREFIX, {})
  app.addContentTypeParser(NDJSON, (_, payload, done) => done(null, payload))

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

  const headers = { 'content-type': NDJSON, 'cache-control': 'no-store' }
  const kind = { headers, form: 'lines', stream: Lines } as const
  serve(app, 'followStream', ({ name }, request, reply) =>
    app.streams.serve(kind, PREFIX + name, request, reply),
  )
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
