import type { Position } from '#contract/realtime'
import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'
import type { Channel } from '../realtime/channel.ts'
import { sseMessage } from '../realtime/frames.ts'
import { Stream } from '../realtime/streams.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no', // nginx would hold events back
}
const BEAT = Buffer.from(':\n\n')

/** A stream of server-sent events. */
class Events extends Stream {
  override begin(channel: Channel, recovered: boolean): void {
    const accepted = { channel: channel.name, ...channel.position, recovered }
    this.push(Buffer.from('retry: 2000\n'))
    this.push(sseMessage('accepted', accepted))
  }

  override beat(): void {
    this.push(BEAT)
  }

  override restart(wait: number): void {
    this.push(sseMessage('restart', { wait }))
    super.restart(wait)
  }

  protected gapAt({ name: channel, epoch }: Channel, offset: number): Buffer {
    return sseMessage('gap', { channel, epoch, offset })
  }
}

/** Server-sent events, for whoever only reads. */
const sse: Plugin = (app) => {
  const kind = { headers: HEADERS, form: 'sse', stream: Events } as const
  serve(app, 'listen', ({ channel, 'last-event-id': id }, request, reply) =>
    app.streams.serve(kind, channel, request, reply, positionOf(id)),
  )
}

function positionOf(id: string | undefined): Position | undefined {
  const [, epoch, offset] = /^([\w-]+):(\d+)$/.exec(`${id}`) ?? []
  return epoch && offset ? { epoch, offset: Number(offset) } : undefined
}

export default sse
