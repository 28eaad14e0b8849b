import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Position, ServerMessage } from '#contract/realtime'
import { Random } from './random.ts'
import { eventOf, numberOf, Reader } from './reader.ts'
import { start } from './support.ts'

const SCHEDULES = 4
const STEPS = 25
const { app, url } = await start({
  QUEUE_MESSAGES: '16',
  HISTORY_MESSAGES: '64',
  QUEUE_BYTES: `${1 << 26}`,
  HISTORY_BYTES: `${1 << 26}`,
})
app.hub.open('drop:', { slow: 'drop' })
app.hub.open('disconnect:', { slow: 'disconnect' })

/** Someone who comes and goes, reads and does not, and knows at any time what has to come next. */
class Follower {
  readonly #channel: string
  #reader!: Reader
  #place: Position | undefined
  #listens = false
  #id = 1
  #fault: unknown
  gaps = 0

  constructor(channel: string) {
    this.#channel = channel
  }

  get offset(): number {
    return this.#place?.offset ?? 0
  }

  async come(): Promise<void> {
    this.#reader?.socket.terminate()
    this.#listens = false
    this.#reader = new Reader(url)
    const { socket } = this.#reader
    socket.on('message', (data) => {
      try {
        this.#take(JSON.parse(`${data}`), socket === this.#reader.socket)
      } catch (fault) {
        this.#fault ??= fault
      }
    })
    await once(socket, 'open')
    this.subscribe()
  }

  subscribe(): void {
    this.#ask('subscribe', { since: this.#place })
  }

  unsubscribe(): void {
    this.#ask('unsubscribe', {})
  }

  pause(): void {
    this.#reader.socket.pause()
  }

  resume(): void {
    this.#reader.socket.resume()
  }

  /** Reads on, and comes back as often as it is cut off, until it has heard the last. */
  async catchUp(last: number): Promise<void> {
    this.resume()
    this.subscribe()
    while (this.offset < last && !this.#fault) {
      if (this.#reader.socket.readyState === this.#reader.socket.CLOSED) await this.come()
      await sleep(5)
    }
    assert.ifError(this.#fault)
  }

  leave(): void {
    this.#reader.socket.terminate()
  }

  #ask(type: string, more: object): void {
    const { socket } = this.#reader
    if (socket.readyState !== socket.OPEN) return
    this.#reader.say({ type, id: ++this.#id, channel: this.#channel, ...more })
  }

  #take(message: ServerMessage, isOurs: boolean): void {
    if (!isOurs) return
    if (message.type === 'accepted') {
      this.#listens = message.epoch !== undefined
      const { epoch = '', offset = 0 } = message
      if (this.#listens && !message.recovered) this.#skip({ epoch, offset })
      // A gap before its place: it asked from there on once more while the rest was under way.
    } else if (message.type === 'gap' && message.offset > this.offset) this.#skip(message)
    else if (message.type === 'event') {
      assert.ok(this.#listens, `${message.offset} came to someone who does not listen`)
      assert.equal(numberOf(message), message.offset)
      if (message.offset <= this.offset) return
      assert.equal(message.offset, this.offset + 1)
      this.#place = { epoch: message.epoch, offset: message.offset }
    }
  }

  #skip({ epoch, offset }: Position): void {
    assert.ok(offset >= this.offset, `back from ${this.offset} to ${offset}`)
    this.gaps += offset > this.offset ? 1 : 0
    this.#place = { epoch, offset }
  }
}

for (const policy of ['drop', 'disconnect'])
  test(`slow: ${policy}: whatever a reader does, it misses nothing without being told`, async (t) => {
    const random = new Random(t)
    let gaps = 0
    for (let schedule = 0; schedule < SCHEDULES; schedule++) {
      const channel = `${policy}:${schedule}`
      const follower = new Follower(channel)
      await follower.come()
      let last = 0
      const publish = async (count: number) => {
        for (let left = count; left > 0; left--) {
          await app.hub.publish(channel, eventOf(++last))
          if (left % 4 === 0) await sleep(1)
        }
      }
      const steps = [
        () => publish(random.below(30)),
        () => publish(random.below(150)),
        () => follower.pause(),
        () => follower.pause(),
        () => follower.resume(),
        () => follower.subscribe(),
        () => follower.unsubscribe(),
        () => follower.come(),
        () => sleep(random.below(10)),
      ]
      for (let step = 0; step < STEPS; step++) await random.of(steps)()
      await publish(1)
      await follower.catchUp(last)
      gaps += follower.gaps
      follower.leave()
    }
    t.diagnostic(
      `${gaps} gaps, ${app.hub.count.slow} cut off, ${app.hub.count.recovered} recovered`,
    )
    while (app.hub.count.behind > 0) await sleep(10)
  })
