import { promise } from '#contract'
import type { ServerMessage } from '#contract/realtime'

const keepsToContract = promise('ServerMessage')

/** A text frame of RFC 6455. A server's frames are not masked, so one serves every socket. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = 0x81
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, start)
  return frame
}

export function messageFrame(message: ServerMessage): Buffer {
  keepsToContract(message)
  return textFrame(JSON.stringify(message))
}

/** A server-sent event of a type of ours. */
export const sseMessage = (type: string, data: unknown) =>
  Buffer.from(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)

/** An event as a channel carries it; the browser shows its id again when it comes back. */
export const sseEvent = (id: string, data: string) => Buffer.from(`id: ${id}\ndata: ${data}\n\n`)
