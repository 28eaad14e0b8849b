import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Position } from '#contract/realtime'
import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'
import type { Entry, Peer } from '../realtime/channel.ts'
import { limits } from '../realtime/hub.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no', // nginx would hold events back
}

/** A reader of one channel. */
class Reader implements Peer {
  #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  deliver(entries: Entry[]): void {
    this.write(Buffer.concat(entries.map(({ sse }) => sse)))
  }

  tell(): void {}

  write(bytes: Buffer | string): void {
    this.#response.write(bytes)
    if (this.#response.writableLength > limits.backlog) this.#response.destroy()
  }
}

/** Server-sent events, for whoever only reads. */
const sse: Plugin = (app) => {
  const open = new Set<ServerResponse>()
  app.addHook('preClose', async () => {
    for (const response of open) response.end()
  })

  serve(app, 'listen', ({ channel, 'last-event-id': id }, _, reply) => {
    const response = reply.raw
    const reader = new Reader(response)
    const since = positionOf(id)
    const { position, recovered, missed } = app.hub.subscribe(channel, reader, since)
    reply.hijack()
    response.writeHead(200, { ...reply.getHeaders(), ...HEADERS } as OutgoingHttpHeaders)
    const accepted = JSON.stringify({ channel, ...position, recovered })
    reader.write(`retry: 2000\nevent: accepted\ndata: ${accepted}\n\n`)
    reader.deliver(missed)
    const beat = setInterval(() => reader.write(':\n\n'), limits.heartbeat)
    open.add(response)
    response.on('close', () => {
      clearInterval(beat)
      open.delete(response)
      app.hub.unsubscribe(channel, reader)
    })
  })
}

function positionOf(id: string | undefined): Position | undefined {
  const [, epoch, offset] = /^([\w-]+):(\d+)$/.exec(`${id}`) ?? []
  return epoch && offset ? { epoch, offset: Number(offset) } : undefined
}

export default sse
