import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ConfigError } from '../config.ts'
import { Refusal } from '../contract.ts'
import type { Entry, Most, State, Store } from './store.ts'
import type { Answer } from './writer.ts'

interface Asked {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** The file, kept by a thread of its own: nobody else waits for the disk. */
export class ThreadStore implements Store {
  #thread: Worker
  #most: Most
  #asked = new Map<number, Asked>()
  #count = 0
  #closing = false
  #sizes = new Map<string, Most>()

  private constructor(thread: Worker, most: Most) {
    this.#thread = thread
    this.#most = most
    thread.on('message', (answer: Answer) => this.#hear(answer))
    // Nothing could be kept any more: like an error that nobody catches.
    thread.on('error', (error) => {
      throw error
    })
    thread.unref()
  }

  static async open(path: string, most: Most): Promise<ThreadStore> {
    // Words that were for the program alone are none for its thread.
    const settings = { workerData: { path, most }, execArgv: [] }
    const thread = new Worker(new URL('./writer.ts', import.meta.url), settings)
    await once(thread, 'message').catch(({ message }) => {
      throw new ConfigError(message)
    })
    return new ThreadStore(thread, most)
  }

  async put(destination: string, id: string, body: unknown): Promise<void> {
    await this.#ask('put', destination, id, body)
  }

  /** By what is known: whatever is being put is not, and counts as more. */
  async hasRoom(destination: string, more: number): Promise<boolean> {
    if (!this.#sizes.has(destination)) await this.state(destination)
    const { rows, bytes } = this.#sizes.get(destination) ?? { rows: 0, bytes: 0 }
    return rows + more <= this.#most.rows && bytes < this.#most.bytes
  }

  async take(destination: string, limit: number, signal: AbortSignal): Promise<Entry[]> {
    const end = new AbortController()
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { signal: end.signal })
    })
    try {
      return (await Promise.race([stopped, this.#ask('take', destination, limit)])) as Entry[]
    } finally {
      end.abort()
    }
  }

  async done(destination: string, entries: Entry[]): Promise<void> {
    const places = entries.map(({ place }) => ({ place }))
    await this.#ask('done', destination, places)
  }

  async setAside(destination: string, entry: Entry, reason: string): Promise<void> {
    await this.#ask('setAside', destination, entry, reason)
  }

  async state(destination: string): Promise<State> {
    return (await this.#ask('state', destination)) as State
  }

  async close(): Promise<void> {
    const closed = this.#ask('close')
    this.#closing = true
    await closed
    await this.#thread.terminate()
  }

  #ask(method: keyof Store, ...words: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(new Refusal(503, 'The service ends.'))
      const id = ++this.#count
      this.#asked.set(id, { resolve, reject })
      this.#thread.postMessage({ id, method, words })
    })
  }

  #hear({ id, destination, size, result, fault }: Answer): void {
    if (destination !== undefined && size) this.#sizes.set(destination, size)
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (!fault) asked?.resolve(result)
    else asked?.reject(Object.assign(new Refusal(503, fault.message), { cause: fault.cause }))
  }
}
