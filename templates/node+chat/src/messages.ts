import { randomUUID } from 'node:crypto'
import type { Message } from '#contract/chat'
import type { Member } from '#contract/realtime'
import type { Database } from './database.ts'

const COLUMNS = 'id, room, author, text, at'

/** What was said, and is there to be read up as long as the database lasts. */
export class Messages {
  #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Keeps a message; the first one, when it comes again with the same key. */
  async add(room: string, by: Member, text: string, key?: string): Promise<Message> {
    const insert = `
      insert into messages (id, room, author_id, author, text, at, key)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (room, author_id, key) do update set key = excluded.key returning ${COLUMNS}`
    const at = new Date().toISOString()
    const values = [randomUUID(), room, by.id, by.name, text, at, key ?? null]
    const [message] = await this.#database.query<Message>(insert, values)
    return message as Message
  }

  /** The newest of a room, or the newest before a message; oldest first. */
  async list(room: string, limit: number, before?: string): Promise<Message[]> {
    const newest = `
      select ${COLUMNS} from messages
      where room = $1
        and number < coalesce((select number from messages where id = $2), 9223372036854775807)
      order by number desc limit $3`
    const rows = await this.#database.query<Message>(newest, [room, before ?? null, limit])
    return rows.reverse()
  }

  async rooms(): Promise<string[]> {
    const sql = 'select distinct room from messages order by room'
    const rows = await this.#database.query<{ room: string }>(sql)
    return rows.map(({ room }) => room)
  }
}
