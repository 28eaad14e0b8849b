import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

/** Whether this machine has a Redis server to try several instances with. */
export const hasRedis = (() => {
  try {
    return execFileSync('redis-server', ['--version']).length > 0
  } catch {
    return false
  }
})()

/** A Redis server of our own, which writes down what it takes before it answers. */
export class Redis {
  readonly port: number
  #folder = mkdtempSync(join(tmpdir(), 'redis-'))
  #process: ChildProcess | undefined

  private constructor(port: number) {
    this.port = port
    after(async () => {
      await this.kill()
      rmSync(this.#folder, { recursive: true })
    })
  }

  static async start(): Promise<Redis> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    server.close()
    const redis = new Redis(port)
    await redis.start()
    return redis
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const where = ['--bind', '127.0.0.1', '--port', `${this.port}`, '--dir', this.#folder]
    this.#process = spawn('redis-server', [
      ...where,
      '--save',
      '',
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
    ])
    for await (const line of this.#process.stdout ?? [])
      if (`${line}`.includes('Ready to accept')) break
  }

  /** At once, as a machine dies that loses its power. */
  async kill(): Promise<void> {
    if (!this.#process || this.#process.exitCode !== null || this.#process.signalCode) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  /** All that it had written down. */
  forget(): void {
    rmSync(this.#folder, { recursive: true })
    this.#folder = mkdtempSync(join(tmpdir(), 'redis-'))
  }

  /** What it has written down so far: it can be made to forget the rest. */
  remember(): () => void {
    const copy = mkdtempSync(join(tmpdir(), 'redis-'))
    cpSync(this.#folder, copy, { recursive: true })
    return () => {
      rmSync(this.#folder, { recursive: true })
      this.#folder = copy
    }
  }
}
