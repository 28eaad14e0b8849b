import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { ClientMessage, ServerMessage } from '#contract/realtime'

type Of<Type> = Extract<ServerMessage, { type: Type }>

/** A browser's side of the socket: what it hears is waited for, never guessed at. */
export class Client {
  /** The types of all messages and events that any client of the file has said or heard. */
  static readonly said = new Set<string>()
  static readonly heard = new Set<string>()
  readonly heard: ServerMessage[] = []
  readonly socket: WebSocket
  #id = 0
  #news = new EventEmitter().setMaxListeners(0)

  private constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.onmessage = ({ data }) => {
      const message: ServerMessage = JSON.parse(data)
      Client.heard.add(message.type)
      if (message.type === 'event') Client.heard.add(message.event.type)
      this.heard.push(message)
      this.#news.emit('heard')
    }
  }

  static async connect(url: string, name = ''): Promise<Client> {
    const client = new Client(`${url.replace('http', 'ws')}/ws?name=${name}`)
    await client.hears('welcome')
    return client
  }

  /** The first message of the type, heard before or yet to come, that fits; it is then forgotten. */
  async hears<Type extends ServerMessage['type']>(
    type: Type,
    fits: (message: Of<Type>) => boolean = () => true,
  ): Promise<Of<Type>> {
    return (await this.#first((one) => one.type === type && fits(one as Of<Type>))) as Of<Type>
  }

  say(message: unknown): void {
    Client.said.add(`${Object(message).type}`)
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Sends a request and waits for its answer, whichever it is. */
  async answer(request: Record<string, unknown>): Promise<Of<'accepted' | 'refused'>> {
    const id = ++this.#id
    this.say({ id, ...request })
    const isAnswer = (one: ServerMessage) => 'id' in one && one.id === id
    return (await this.#first(isAnswer)) as Of<'accepted' | 'refused'>
  }

  async ask(request: Record<string, unknown> & { type: ClientMessage['type'] }) {
    const answer = await this.answer(request)
    assert.ok(answer.type === 'accepted', JSON.stringify(answer))
    return answer
  }

  async refused(request: Record<string, unknown>) {
    const answer = await this.answer(request)
    assert.ok(answer.type === 'refused', JSON.stringify(answer))
    return answer.problem
  }

  async #first(fits: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    const signal = AbortSignal.timeout(5_000)
    for (;;) {
      const at = this.heard.findIndex(fits)
      const [found] = at < 0 ? [] : this.heard.splice(at, 1)
      if (found) return found
      await once(this.#news, 'heard', { signal })
    }
  }

  async closed(): Promise<number> {
    if (this.socket.readyState === WebSocket.CLOSED) return 0
    const [close] = await once(this.socket, 'close', { signal: AbortSignal.timeout(5_000) })
    return close.code
  }
}
