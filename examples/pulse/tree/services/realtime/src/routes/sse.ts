import { randomUUID } from 'node:crypto'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Gauge } from 'prom-client'
import type { Position } from '#contract/realtime'
import { need } from '../access.ts'
import type { Plugin } from '../app.ts'
import { Refusal, serve } from '../contract.ts'
import type { Channel } from '../realtime/channel.ts'
import { sseMessage } from '../realtime/frames.ts'
import { Outbox } from '../realtime/outbox.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no', // nginx would hold events back
}
/** Whoever listens returns within so many milliseconds after a restart. */
const RETURN_MS = 2_000
const BEAT = Buffer.from(':\n\n')

/** A reader of one channel. */
class Reader extends Outbox {
  declare readonly wire: ServerResponse

  get isOpen(): boolean {
    return this.wire.writable
  }

  begin(channel: Channel, recovered: boolean): void {
    const accepted = { channel: channel.name, ...channel.position, recovered }
    this.push(Buffer.from('retry: 2000\n'))
    this.push(sseMessage('accepted', accepted))
  }

  beat(): void {
    this.push(BEAT)
  }

  close(): void {
    this.end()
  }

  restart(wait: number): void {
    this.push(sseMessage('restart', { wait }))
    this.leave()
    this.wire.end()
  }

  protected cut(): void {
    this.wire.destroy()
  }

  protected gapAt({ name: channel, epoch }: Channel, offset: number): Buffer {
    return sseMessage('gap', { channel, epoch, offset })
  }
}

/** Server-sent events, for whoever only reads. */
const sse: Plugin = (app) => {
  const open = new Set<Reader>()
  new Gauge({
    name: 'sse_connections',
    help: 'Open streams of server-sent events',
    registers: [app.metrics],
    collect() {
      this.set(open.size)
    },
  })
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
    for (const reader of open) reader.restart(Math.round(Math.random() * RETURN_MS))
  })

  serve(app, 'listen', async ({ channel: name, 'last-event-id': id }, request, reply) => {
    need(request, 'read', name)
    const left = app.hub.admit(app.access.open ? randomUUID() : request.identity.id)
    reply.raw.once('close', left)
    const response = reply.raw
    const reader = new Reader(app.hub, response, 'sse')
    const { channel, recovered, missed } = await app.hub.subscribe(name, reader, positionOf(id))
    if (closing) {
      app.hub.unsubscribe(name, reader)
      throw new Refusal(503, 'The service restarts.')
    }
    reply.hijack()
    response.writeHead(200, { ...reply.getHeaders(), ...HEADERS } as OutgoingHttpHeaders)
    reader.begin(channel, recovered)
    if (missed && missed.entries.length > 0) reader.deliver(channel, missed)
    const beat = setInterval(() => {
      if (request.identity.expires < Date.now()) reader.restart(0)
      else reader.beat()
    }, app.hub.limits.heartbeat)
    open.add(reader)
    const leave = () => {
      clearInterval(beat)
      reader.close()
      open.delete(reader)
      app.hub.unsubscribe(name, reader)
    }
    response.on('close', leave)
    if (response.destroyed) leave()
  })
}

function positionOf(id: string | undefined): Position | undefined {
  const [, epoch, offset] = /^([\w-]+):(\d+)$/.exec(`${id}`) ?? []
  return epoch && offset ? { epoch, offset: Number(offset) } : undefined
}

export default sse
