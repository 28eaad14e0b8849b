import type { TestContext } from 'node:test'

/** Numbers that come again with the same SEED, which the test names. */
export class Random {
  #state: number

  constructor(t: TestContext) {
    this.#state = Number(process.env.SEED ?? (Math.random() * 2 ** 32) >>> 0)
    t.diagnostic(`SEED=${this.#state}`)
  }

  /** A whole number below the other (mulberry32). */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end) | 0
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}
