import { EventEmitter, once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '../config.ts'
import { ASIDE, type Entry, type Most, type State, type Store } from './store.ts'

/** How long to wait for a process before this one, which may not have ended yet. */
const BUSY_MS = 5_000

/** A place counts up within a destination. The file is for one process alone. */
const SCHEMA = `
  pragma locking_mode = exclusive;
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists waiting (
    destination text not null,
    place integer not null,
    id text not null,
    at integer not null,
    body text not null,
    primary key (destination, place),
    unique (destination, id)
  ) strict, without rowid;
  create table if not exists aside (
    number integer primary key autoincrement,
    destination text not null,
    id text not null,
    at integer not null,
    body text not null,
    reason text not null
  ) strict;`

interface Count {
  rows: number
  bytes: number
  /** The newest place. */
  last: number
}

interface Write {
  work: () => void
  resolve: () => void
  reject: (error: unknown) => void
}

/**
 * A file. All that is written in one turn of the event loop is one transaction, and on the disk when it resolves. Until
 * then the thread waits, so it should be one of its own.
 */
export class SqliteStore implements Store {
  #file: DatabaseSync
  #most: Most
  #counts = new Map<string, Count>()
  #writes: Write[] = []
  #news = new EventEmitter().setMaxListeners(0)
  #statements

  constructor(path: string, most: Most) {
    this.#most = most
    this.#file = open(path)
    const prepare = (sql: string) => this.#file.prepare(sql)
    this.#statements = {
      put: prepare('insert into waiting values (?, ?, ?, ?, ?) on conflict do nothing'),
      take: prepare('select * from waiting where destination = ? order by place limit ?'),
      done: prepare(
        'delete from waiting where destination = ? and place = ? returning octet_length(body) bytes',
      ),
      aside: prepare(
        'insert into aside (destination, id, at, body, reason) values (?, ?, ?, ?, ?)',
      ),
      trim: prepare(`delete from aside where number <= (select max(number) from aside) - ${ASIDE}`),
      count: prepare(
        'select count(*) rows, coalesce(sum(octet_length(body)), 0) bytes, coalesce(max(place), 0) last from waiting where destination = ?',
      ),
    }
  }

  put(destination: string, id: string, body: unknown): Promise<void> {
    if (!this.hasRoom(destination, 1)) throw new Error('Too much waits: try again later.')
    const text = JSON.stringify(body)
    const count = this.#count(destination)
    count.rows++
    count.bytes += Buffer.byteLength(text)
    return this.#write(() => {
      const place = count.last + 1
      const { changes } = this.#statements.put.run(destination, place, id, Date.now(), text)
      if (changes) count.last = place
      else {
        count.rows--
        count.bytes -= Buffer.byteLength(text)
      }
    })
  }

  hasRoom(destination: string, more: number): boolean {
    const { rows, bytes } = this.#count(destination)
    return rows + more <= this.#most.rows && bytes < this.#most.bytes
  }

  /** What waits there, and is being put. */
  size(destination: string): Most {
    const { rows, bytes } = this.#count(destination)
    return { rows, bytes }
  }

  async take(destination: string, limit: number, signal: AbortSignal): Promise<Entry[]> {
    for (;;) {
      const rows = this.#statements.take.all(destination, limit)
      if (rows.length > 0)
        return rows.map(({ id, at, place, body }) => {
          return { id, at, place, body: JSON.parse(`${body}`) } as Entry
        })
      await once(this.#news, 'written', { signal })
    }
  }

  done(destination: string, entries: Entry[]): Promise<void> {
    return this.#write(() => {
      for (const entry of entries) this.#remove(destination, entry)
    })
  }

  setAside(destination: string, entry: Entry, reason: string): Promise<void> {
    return this.#write(() => {
      const { id, at, body } = entry
      this.#remove(destination, entry)
      this.#statements.aside.run(destination, id, at, JSON.stringify(body), reason)
      this.#statements.trim.run()
    })
  }

  async state(destination: string): Promise<State> {
    const oldest = this.#statements.take.get(destination, 1)?.at
    return { pending: this.#count(destination).rows, oldest: oldest as number | undefined }
  }

  async close(): Promise<void> {
    await this.#write(() => {}) // behind all others
    this.#file.close()
  }

  #count(destination: string): Count {
    const known = this.#counts.get(destination)
    if (known) return known
    const count = { ...this.#statements.count.get(destination) } as unknown as Count
    this.#counts.set(destination, count)
    return count
  }

  #remove(destination: string, { place }: Entry): void {
    const removed = this.#statements.done.get(destination, place)
    if (!removed) return
    const count = this.#count(destination)
    count.rows--
    count.bytes -= Number(removed.bytes)
  }

  #write(work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#writes.push({ work, resolve, reject }) === 1) setImmediate(() => this.#commit())
    })
  }

  #commit(): void {
    const writes = this.#writes
    this.#writes = []
    try {
      this.#file.exec('begin immediate')
      for (const { work } of writes) work()
      this.#file.exec('commit')
    } catch (cause) {
      if (this.#file.isOpen && this.#file.isTransaction) this.#file.exec('rollback')
      this.#counts.clear() // to be counted anew
      const error = new Error('The outbox cannot be written.', { cause })
      for (const { reject } of writes) reject(error)
      return
    }
    for (const { resolve } of writes) resolve()
    this.#news.emit('written')
  }
}

function open(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    const file = new DatabaseSync(path, { timeout: BUSY_MS })
    file.exec(SCHEMA)
    return file
  } catch (error) {
    const { message } = error as Error
    const taken = 'another process uses it: several instances meet in REDIS_URL'
    throw new ConfigError(`OUTBOX=${path}: ${/locked/.test(message) ? taken : message}`)
  }
}
