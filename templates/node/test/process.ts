import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after } from 'node:test'
import { NOBODY } from './support.ts'

/** The service as a process of its own. */
export class Process {
  out = ''
  err = ''
  readonly child: ChildProcess
  readonly ended: Promise<number | null>

  /** `words` go to Node before main.ts, or instead of it. */
  constructor(env: Record<string, string> = {}, words: string[] = []) {
    const main = new URL('../src/main.ts', import.meta.url).pathname
    this.child = spawn(process.execPath, words.includes('-e') ? words : [...words, main], {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        SIMULATION: 'off',
        OUTBOX: ':memory:',
        ...NOBODY,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.on('data', (data) => {
      this.out += data
    })
    this.child.stderr?.on('data', (data) => {
      this.err += data
    })
    this.ended = once(this.child, 'close').then(([code]) => code)
    after(() => this.child.kill('SIGKILL'))
  }

  /** Waits until the service has said it. */
  async says(pattern: RegExp): Promise<string[]> {
    for (;;) {
      const found = pattern.exec(this.out)
      if (found) return found
      const data = once(this.child.stdout as NodeJS.ReadableStream, 'data')
      if ((await Promise.race([data, this.ended.then(() => 'ended')])) === 'ended')
        throw new Error(`never said ${pattern}: ${this.out}${this.err}`)
    }
  }

  /** Where it listens. */
  async url(): Promise<string> {
    const [, url = ''] = await this.says(/listening at (http:[^"]+)/)
    return url
  }

  lines(): Record<string, unknown>[] {
    return this.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
}
