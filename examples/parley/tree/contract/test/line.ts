import { beforeEach, mock } from 'node:test'
import type { ClientMessage, Event, ServerMessage } from '#contract/realtime'
import { Live } from '../client/live.ts'

export const ada = { id: 'a', name: 'Ada' }
export const ben = { id: 'b', name: 'Ben' }

/** Stands where the browser's WebSocket would; the test plays the service. */
export class Line {
  static last: Line
  static count = 0
  readonly protocols: string[]
  sent: ClientMessage[] = []
  onmessage: (message: { data: string }) => void = () => {}
  onclose: (close: { code: number; reason: string }) => void = () => {}
  constructor(_: string, protocols: string[]) {
    this.protocols = protocols
    Line.last = this
    Line.count++
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {}
  say(message: ServerMessage) {
    this.onmessage({ data: JSON.stringify(message) })
  }
  break(code = 1006, reason = '') {
    this.onclose({ code, reason })
  }
  welcome() {
    this.say({ type: 'welcome', session: `${Line.count}`, heartbeat: 25_000, maxBytes: 65_536 })
  }
  /** The id of the newest request of that kind. */
  asked(kind: ClientMessage['type']): number {
    const asked = this.sent.findLast(({ type }) => type === kind)
    return asked && 'id' in asked ? asked.id : 0
  }
  accept(offset: number, recovered = false, members = [ada]) {
    const id = this.asked('subscribe')
    this.say({ type: 'accepted', id, channel: 'c', epoch: 'e', offset, recovered, members })
  }
  refuse(kind: ClientMessage['type'], status: number) {
    const problem = { type: 'about:blank', title: 'Not now.', status }
    this.say({ type: 'refused', id: this.asked(kind), problem })
  }
  deliver(offset: number) {
    this.say({
      type: 'event',
      channel: 'c',
      epoch: 'e',
      offset,
      event: { n: offset } as unknown as Event,
    })
  }
}

beforeEach(() => {
  globalThis.WebSocket = Line as unknown as typeof WebSocket
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
})

/** A page that listens on channel c, with the service at offset 5. */
export function listening() {
  const live = new Live({ url: () => 'ws://service' })
  const { heard, leave } = listener(live)
  live.connect()
  Line.last.welcome()
  Line.last.accept(5)
  return { live, heard, leave }
}

/** Keeps the numbers of the events, and who is there whenever a fresh look is needed. */
export function listener(live: Live) {
  const heard: unknown[] = []
  const leave = live.subscribe('c', {
    event: (event) => heard.push((event as unknown as { n: number }).n),
    accepted({ recovered, members }) {
      if (!recovered) heard.push(`look: ${members.map(({ name }) => name)}`)
    },
    refused: (reason) => heard.push(reason),
  })
  return { heard, leave }
}

/** Lets a promise have its turn. */
export const turn = () => new Promise(setImmediate)
