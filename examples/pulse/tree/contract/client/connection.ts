// One WebSocket that comes back: after a cut, after sleep, when the service restarts, when a token has expired.
import type { ClientMessage, ServerMessage } from '../generated/realtime.ts'
import { backoff, type Token } from './http.ts'

export type State =
  | { name: 'connecting' | 'online' | 'offline' }
  /** The time of the next attempt, as Date.now() tells it. */
  | { name: 'waiting'; until: number }
  | { name: 'refused'; reason: string }

export interface Settings {
  url(): string
  /** Says who comes; asked before every attempt, so that it may give a new one. */
  token?: Token
}

const RESTARTED = 1012
const LOST = 1006
const EXPIRED = 4001
const FORBIDDEN = 4003
const TOO_MUCH = 4029

/** Milliseconds. */
const ANSWER = 10_000
const ANSWER_AWAKE = 3_000
const STEADY = 10_000
const TOO_MUCH_WAIT = 5_000

export abstract class Connection {
  state: State = { name: 'connecting' }
  #settings: Settings
  #socket: WebSocket | undefined
  /** Grows with every attempt, so that a late token is not used. */
  #turn = 0
  #attempt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #welcomed = Number.POSITIVE_INFINITY
  #heartbeat = 0
  #silent = false
  /** The token was called expired, and none was welcome since. */
  #expired = false
  #restart: number | undefined
  #watchers = new Set<(state: State) => void>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** A message of the service; a welcome is the first of every connection. */
  protected abstract hear(message: ServerMessage): void
  /** The service will not have us: what is under way has no hope. */
  protected abstract giveUp(reason: string): void

  watch(watcher: (state: State) => void): void {
    this.#watchers.add(watcher)
    watcher(this.state)
  }

  /** Opens the connection now, whatever was under way. */
  connect(): void {
    this.#drop()
    this.#tell({ name: 'connecting' })
    this.#after(ANSWER, () => this.#closed(LOST, ''))
    if (this.#settings.token) void this.#signIn(this.#turn)
    else this.#open()
  }

  /** The network or the reader is back: no need to sit out a wait, nor to trust a line that may be dead. */
  wake(): void {
    const { name } = this.state
    if (name === 'waiting' || name === 'offline') this.connect()
    else if (name !== 'refused') this.#probe(ANSWER_AWAKE)
  }

  /** There is no network: no attempts until wake(). */
  rest(): void {
    if (this.state.name === 'refused') return
    this.#drop()
    this.#tell({ name: 'offline' })
  }

  /** Says nothing while there is no connection; a welcome is the time to ask again for all that still counts. */
  protected send(message: ClientMessage): void {
    if (this.state.name === 'online') this.#socket?.send(JSON.stringify(message))
  }

  async #signIn(turn: number): Promise<void> {
    try {
      const token = await this.#settings.token?.()
      if (turn === this.#turn) this.#open(token)
    } catch {
      if (turn === this.#turn) this.#closed(LOST, '')
    }
  }

  #open(token?: string): void {
    const socket = new WebSocket(this.#settings.url(), token ? ['bearer', token] : [])
    const turn = this.#turn
    this.#socket = socket
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#heard(JSON.parse(data) as ServerMessage)
    }
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.#socket) return
      const untold = code === LOST && this.#welcomed === Number.POSITIVE_INFINITY
      if (untold && this.#settings.token) void this.#askWhy(turn, token)
      else this.#closed(code, reason)
    }
  }

  /** A browser is not told why it was let in no further: at the same address it can be heard over HTTP. */
  async #askWhy(turn: number, token = ''): Promise<void> {
    const asked: RequestInit = token ? { headers: { authorization: `Bearer ${token}` } } : {}
    const url = this.#settings.url().replace(/^ws/, 'http')
    const answer = await fetch(url, asked).catch(() => undefined)
    if (turn !== this.#turn) return
    if (answer?.status === 401) this.#closed(EXPIRED, 'You are not signed in.')
    else this.#closed(LOST, '')
  }

  #heard(message: ServerMessage): void {
    this.#silent = false
    if (message.type === 'restart') this.#restart = message.wait
    if (message.type === 'welcome') {
      this.#welcomed = Date.now()
      this.#heartbeat = message.heartbeat
      this.#expired = false
      this.#restart = undefined
      this.#tell({ name: 'online' })
      this.#beat()
    }
    this.hear(message)
  }

  #beat(): void {
    this.#after(this.#heartbeat, () => this.#probe(ANSWER))
  }

  /** Asks for a sign of life; silence means that the line is dead, though nobody has told us. */
  #probe(limit: number): void {
    this.#silent = true
    this.send({ type: 'ping' })
    this.#after(limit, () => (this.#silent ? this.connect() : this.#beat()))
  }

  #closed(code: number, reason: string): void {
    this.#drop()
    const expired = code === EXPIRED
    if (code === FORBIDDEN || (expired && (this.#expired || !this.#settings.token))) {
      this.#tell({ name: 'refused', reason })
      this.giveUp(reason)
    } else {
      this.#expired ||= expired
      const wait = this.#wait(code)
      this.#after(wait, () => this.connect())
      this.#tell({ name: 'waiting', until: Date.now() + wait })
    }
  }

  #wait(code: number): number {
    const announced = this.#restart
    this.#restart = undefined
    if (announced !== undefined) return announced
    if (code === RESTARTED) return Math.random() * 5_000
    return backoff(this.#attempt++) + (code === TOO_MUCH ? TOO_MUCH_WAIT : 0)
  }

  #drop(): void {
    // One that was closed soon after it was welcome counts as a failure: we come back ever more slowly.
    if (Date.now() - this.#welcomed > STEADY) this.#attempt = 0
    this.#welcomed = Number.POSITIVE_INFINITY
    this.#turn++
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms)
  }

  #tell(state: State): void {
    this.state = state
    for (const watcher of this.#watchers) watcher(state)
  }
}
