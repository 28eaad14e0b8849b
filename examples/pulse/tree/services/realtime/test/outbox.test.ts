import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { type Destination, Queue, type Refused } from '../src/outbox/queue.ts'
import { SqliteStore } from '../src/outbox/sqlite.ts'
import { ThreadStore } from '../src/outbox/thread.ts'
import { Process } from './process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outbox-'))
after(() => rmSync(folder, { recursive: true }))
const { log } = Fastify()
const MOST = { rows: 100_000, bytes: 1 << 28 }
const never = new AbortController().signal
const inMemory = (most = MOST) => new SqliteStore(':memory:', most)

/** Another service that takes numbers, if it is there, but none that is negative; and 99 it leaves. */
class Other implements Destination<number> {
  readonly name = 'other'
  readonly batch = 8
  isThere = true
  calls = 0
  readonly taken: number[] = []
  readonly refused: number[] = []
  readonly told: string[] = []

  async deliver(numbers: number[]): Promise<Refused[]> {
    this.calls++
    if (!this.isThere) throw new Error('nobody answers')
    if (numbers.some((number) => number < 0)) throw new RangeError('negative')
    this.taken.push(...numbers.filter((number) => number !== 99))
    const index = numbers.indexOf(99)
    return index < 0 ? [] : [{ index, reason: 'unlucky' }]
  }

  reasonOf = (error: unknown) => (error instanceof RangeError ? error.message : undefined)
  giveUp = async (number: number) => void this.refused.push(number)
  tell = (state: string) => void this.told.push(state)
}

async function until(what: string, check: () => boolean): Promise<void> {
  for (let tries = 0; !check(); tries++) {
    assert.ok(tries < 500, what)
    await sleep(20)
  }
}

test('what was put outlives the death of the process, in its order', async () => {
  const path = join(folder, 'killed.sqlite')
  const store = new URL('../src/outbox/sqlite.ts', import.meta.url).href
  const script = `
    import { SqliteStore } from '${store}'
    const store = new SqliteStore('${path}', { rows: 1e6, bytes: 2 ** 30 })
    for (let n = 0; ; n += 5) {
      await Promise.all([0, 1, 2, 3, 4].map((more) => store.put('other', String(n + more), n + more)))
      console.log('kept ' + (n + 5) + '.')
    }`
  const killed = new Process({}, ['--input-type=module', '-e', script])
  await killed.says(/kept 500\./)
  killed.child.kill('SIGKILL')
  await killed.ended
  const kept = Math.max(...[...killed.out.matchAll(/kept (\d+)\./g)].map(([, n]) => Number(n)))
  const again = new SqliteStore(path, MOST)
  const numbers = (await again.take('other', MOST.rows, never)).map(({ body }) => body)
  // What was not acknowledged any more may be there, but with no hole before it.
  assert.ok(numbers.length >= kept, `${numbers.length} of ${kept}`)
  assert.deepEqual(
    numbers,
    numbers.map((_, n) => n),
  )
  assert.equal((await again.state('other')).pending, numbers.length)
  await again.close()
})

test('the thread that has the file tells what came of it', async () => {
  const store = await ThreadStore.open(join(folder, 'thread.sqlite'), { ...MOST, rows: 2 })
  await Promise.all([store.put('other', 'a', { n: 1 }), store.put('other', 'b', { n: 2 })])
  assert.equal(await store.hasRoom('other', 1), false)
  await assert.rejects(store.put('other', 'c', 3), { statusCode: 503, message: /Too much/ })
  const entries = await store.take('other', 9, never)
  assert.deepEqual(
    entries.map(({ id, body }) => [id, body]),
    [
      ['a', { n: 1 }],
      ['b', { n: 2 }],
    ],
  )
  await store.done('other', entries)
  assert.equal(await store.hasRoom('other', 2), true)
  const enough = new AbortController()
  const waiting = assert.rejects(store.take('other', 9, enough.signal), { name: 'AbortError' })
  enough.abort()
  await waiting
  const next = store.take('other', 9, never)
  await store.put('other', 'd', 4)
  assert.equal((await next)[0]?.body, 4)
  await store.close()
})

test('one process has the file; another is told why it cannot', { timeout: 30_000 }, async () => {
  const path = join(folder, 'one.sqlite')
  const store = new SqliteStore(path, MOST)
  const second = new Process({ OUTBOX: path })
  assert.equal(await second.ended, 1)
  assert.match(second.err, /^error: OUTBOX=.*: another process uses it.*REDIS_URL\n$/)
  await store.close()
})

test('there is room for so many rows, and for so many bytes', async () => {
  const store = inMemory({ rows: 2, bytes: MOST.bytes })
  const refusal = /Too much waits/
  await Promise.all([store.put('other', 'a', 1), store.put('other', 'b', 2)])
  await assert.rejects(async () => store.put('other', 'c', 3), refusal)
  await store.put('another', 'c', 3) // each destination has its own
  await store.done('other', await store.take('other', 1, never))
  await store.put('other', 'c', 3)
  const small = inMemory({ rows: 9, bytes: 100 })
  await small.put('other', 'a', 'x'.repeat(100))
  await assert.rejects(async () => small.put('other', 'b', 1), refusal)
  await small.done('other', await small.take('other', 1, never))
  await small.put('other', 'b', 1)
  await Promise.all([store.close(), small.close()])
})

test('what is put after the end is refused', async () => {
  const store = inMemory()
  await store.close()
  await assert.rejects(async () => store.put('other', '1', 1))
  const thread = await ThreadStore.open(':memory:', MOST)
  const closing = thread.close()
  await assert.rejects(thread.put('other', '1', 1))
  await closing
})

test('what is put twice waits once', async () => {
  const store = inMemory({ rows: 3, bytes: MOST.bytes })
  await Promise.all([store.put('other', 'a', 1), store.put('other', 'a', 1)])
  await store.put('other', 'a', 1)
  assert.deepEqual((await store.state('other')).pending, 1)
  assert.equal((await store.take('other', 9, never)).length, 1)
  await store.close()
})

test('while the other service is away all waits; then it comes in order, in few calls', async () => {
  const store = inMemory()
  const other = new Other()
  const queue = new Queue(store, other, log)
  other.isThere = false
  queue.start()
  const numbers = Array.from({ length: 50 }, (_, n) => n)
  for (const n of numbers) await queue.put(`${n}`, n)
  await until('it is tried', () => other.told.includes('down'))
  assert.equal((await queue.state()).pending, 50)
  other.isThere = true
  const before = other.calls
  await until('all came', () => other.taken.length >= 50)
  assert.deepEqual(other.taken, numbers)
  assert.equal(other.calls - before, Math.ceil(50 / other.batch))
  await until('that is told', () => other.told.at(-1) === 'up')
  assert.deepEqual(queue.count, { delivered: 50, refused: 0, full: 0 })
  assert.deepEqual(await queue.state(), { pending: 0, oldest: undefined })
  await queue.stop()
  await store.close()
})

test('what is refused for good is set aside with the reason, and holds up nothing', async () => {
  const path = join(folder, 'aside.sqlite')
  const store = new SqliteStore(path, MOST)
  const other = new Other()
  const queue = new Queue(store, other, log)
  const numbers = [0, 1, -2, 3, 99, 5, -6, 7, 8, 9]
  await Promise.all(numbers.map((n) => queue.put(`${n}`, n)))
  queue.start()
  await until('all is settled', () => queue.count.delivered + queue.count.refused === 10)
  assert.deepEqual(
    other.taken,
    numbers.filter((n) => n >= 0 && n !== 99),
  )
  assert.deepEqual(other.refused, [-2, 99, -6])
  assert.deepEqual(other.told, [])
  assert.equal((await queue.state()).pending, 0)
  await queue.stop()
  await store.close()
  const { DatabaseSync } = await import('node:sqlite')
  const file = new DatabaseSync(path)
  const aside = file.prepare('select id, reason from aside order by number').all()
  assert.deepEqual(
    aside.map((row) => ({ ...row })),
    [
      { id: '-2', reason: 'negative' },
      { id: '99', reason: 'unlucky' },
      { id: '-6', reason: 'negative' },
    ],
  )
  file.close()
})

test('who stops finishes the call that is under way, and leaves the rest', async () => {
  const store = inMemory()
  const other = new Other()
  let finish = () => {}
  const slow: Destination<number> = {
    name: 'other',
    batch: 2,
    reasonOf: () => undefined,
    async deliver(numbers) {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      other.taken.push(...numbers)
      return []
    },
  }
  const queue = new Queue(store, slow, log)
  await Promise.all([1, 2, 3].map((n) => queue.put(`${n}`, n)))
  queue.start()
  await sleep(50)
  const stopped = queue.stop()
  finish()
  await stopped
  assert.deepEqual(other.taken, [1, 2])
  assert.equal((await queue.state()).pending, 1)
  await store.close()
})
