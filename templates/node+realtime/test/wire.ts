import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEADERS = {
  host: 'localhost',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
}

/** A request for a WebSocket with other headers, or, where they are undefined, without. */
export function upgrade(target = '/ws', other: Record<string, string | undefined> = {}): string {
  const lines = Object.entries({ ...HEADERS, ...other })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

const MASK = Buffer.from('mask')

/** A client's frame; `first` is its first byte, and its length takes 16 or 64 bits if it has to, or is to. */
export function frame(first: number, payload: string | Buffer = '', bits = 0): Buffer {
  const data = Buffer.from(payload)
  const { length } = data
  const size = length > 65_535 || bits === 64 ? 127 : length > 125 || bits === 16 ? 126 : length
  const more = Buffer.alloc(size === 127 ? 8 : size === 126 ? 2 : 0)
  if (more.length > 0)
    more.writeUIntBE(length, Math.max(0, more.length - 6), Math.min(6, more.length))
  const masked = data.map((byte, at) => byte ^ (MASK[at % 4] ?? 0))
  return Buffer.concat([Buffer.from([first, 0x80 | size]), more, MASK, masked])
}

export const text = (payload: string | Buffer) => frame(0x81, payload)
export const close = (code: number, reason: string | Buffer = '') =>
  frame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]))

/** A bare socket: what is written goes as it is. */
export class Wire {
  readonly socket: Socket
  heard = Buffer.alloc(0)

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
    this.socket.on('data', (data) => {
      this.heard = Buffer.concat([this.heard, data])
    })
  }

  /** The statuses of all answers, when there is a WebSocket, or nothing more is to come. */
  async statuses(bytes: string | Buffer): Promise<number[]> {
    this.socket.write(bytes)
    await this.#until(() =>
      ['HTTP/1.1 101 ', 'Connection: keep-alive'].some((is) => this.heard.includes(is)),
    )
    const text = this.heard.toString('latin1')
    return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
  }

  /** The code with which a WebSocket is closed; 0 for none. */
  async code(): Promise<number> {
    await this.#until(() => this.frames().some(([opcode]) => opcode === 8))
    const [, reason] = this.frames().find(([opcode]) => opcode === 8) ?? []
    return reason ? (reason.length > 1 ? reason.readUInt16BE() : 1005) : 0
  }

  /** All whole frames of the service, each with its opcode. */
  frames(): [opcode: number, payload: Buffer][] {
    const all: [number, Buffer][] = []
    let rest = this.heard.subarray(this.heard.indexOf('\r\n\r\n') + 4)
    while (rest.length > 1) {
      const [first = 0, size = 0] = rest
      const start = size === 127 ? 10 : size === 126 ? 4 : 2
      if (rest.length < start) break
      const length = start === 2 ? size : rest.readUIntBE(start === 4 ? 2 : 4, start === 4 ? 2 : 6)
      if (rest.length < start + length) break
      all.push([first & 15, rest.subarray(start, start + length)])
      rest = rest.subarray(start + length)
    }
    return all
  }

  async #until(done: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(20_000)
    const closed = once(this.socket, 'close', { signal })
    closed.catch(() => {})
    while (!this.socket.closed && !done())
      await Promise.race([closed, once(this.socket, 'data', { signal })])
  }
}
