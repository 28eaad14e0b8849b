import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Message } from '#contract/chat'

const TABLE = `
  create table if not exists messages (
    number integer primary key, -- the order in which they came
    id text not null unique,
    room text not null,
    author text not null,
    text text not null,
    at text not null
  ) strict;
  create index if not exists messages_by_room on messages (room, number);
`

/** What was said, in a file of SQLite: no server is needed, and one process writes it. */
export class Messages {
  #database: DatabaseSync

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true })
    this.#database = new DatabaseSync(file)
    this.#database.exec(`pragma journal_mode = wal; ${TABLE}`)
  }

  add(room: string, author: string, text: string): Message {
    const message = { id: randomUUID(), room, author, text, at: new Date().toISOString() }
    const insert = 'insert into messages (id, room, author, text, at) values (?, ?, ?, ?, ?)'
    this.#database.prepare(insert).run(message.id, room, author, text, message.at)
    return message
  }

  /** The newest of a room, or the newest before a message; oldest first. */
  list(room: string, limit: number, before?: string): Message[] {
    const query = `
      select id, room, author, text, at from messages
      where room = ? and number < coalesce((select number from messages where id = ?), 1e18)
      order by number desc limit ?`
    const rows = this.#database.prepare(query).all(room, before ?? null, limit)
    return rows.reverse().map((row) => ({ ...row }) as unknown as Message)
  }

  rooms(): string[] {
    const rows = this.#database.prepare('select distinct room from messages order by room').all()
    return rows.map(({ room }) => `${room}`)
  }

  close(): void {
    this.#database.close()
  }
}
