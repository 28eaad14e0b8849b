import { once } from 'node:events'
import { WebSocket as Socket } from 'ws'
import type { Event, Position, ServerMessage } from '#contract/realtime'

const padding = 'x'.repeat(60_000)

/** Large enough that a few hundred of them fill every buffer on the way. */
export const eventOf = (n: number) => ({ type: 'test', n, padding }) as unknown as Event
export const numberOf = (message: ServerMessage) =>
  message.type === 'event' ? (message.event as unknown as { n: number }).n : undefined

/** A reader that can stop reading, and all that it has heard. */
export class Reader {
  readonly heard: ServerMessage[] = []
  readonly socket: Socket

  constructor(url: string) {
    this.socket = new Socket(`${url.replace('http', 'ws')}/ws`)
    this.socket.on('error', () => {})
    this.socket.on('message', (data) => this.heard.push(JSON.parse(`${data}`)))
  }

  static async on(url: string, channel: string, since?: Position): Promise<Reader> {
    const reader = new Reader(url)
    await once(reader.socket, 'open')
    reader.say({ type: 'subscribe', id: 1, channel, since })
    await reader.hears(({ type }) => type === 'accepted')
    return reader
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message))
  }

  async hears(fits: (message: ServerMessage) => boolean): Promise<void> {
    while (!this.heard.some(fits)) await once(this.socket, 'message')
  }
}
