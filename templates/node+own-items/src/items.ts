import { randomUUID } from 'node:crypto'
import type { Item, ItemChange, NewItem, Items as Page } from '#contract/items'
import type { Database } from './database.ts'

/** As the database has it: `number` is the order of the pages, and their cursor. */
type Row = Omit<Item, 'done'> & { number: number | string; done: number }

/** The sample resource, kept in the database. */
export class Items {
  #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Makes an item; gives the first one, when it comes again with the same key. */
  async add({ title, done = false }: NewItem, key?: string): Promise<Item> {
    const insert = `
      insert into items (id, title, done, "createdAt", key) values ($1, $2, $3, $4, $5)
      on conflict (key) do update set key = excluded.key returning *`
    const at = new Date().toISOString()
    const [row] = await this.#ask(insert, [randomUUID(), title, Number(done), at, key ?? null])
    return itemOf(row as Row)
  }

  async get(id: string): Promise<Item | undefined> {
    const [row] = await this.#ask('select * from items where id = $1', [id])
    return row && itemOf(row)
  }

  async change(id: string, { title, done }: ItemChange): Promise<Item | undefined> {
    const update = `
      update items set title = coalesce($1, title), done = coalesce($2, done) where id = $3
      returning *`
    const values = [title ?? null, done === undefined ? null : Number(done), id]
    const [row] = await this.#ask(update, values)
    return row && itemOf(row)
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#ask('delete from items where id = $1 returning *', [id])).length > 0
  }

  /** The newest first. One more than asked for tells whether there is another page. */
  async page(limit: number, before = Number.MAX_SAFE_INTEGER): Promise<Page> {
    const newest = 'select * from items where number < $1 order by number desc limit $2'
    const rows = await this.#ask(newest, [before, limit + 1])
    const items = rows.slice(0, limit).map(itemOf)
    const last = rows[limit - 1]
    return rows.length > limit && last ? { items, next: `${last.number}` } : { items }
  }

  #ask(sql: string, values: (string | number | null)[]): Promise<Row[]> {
    return this.#database.query<Row>(sql, values)
  }
}

const itemOf = ({ id, title, done, createdAt }: Row): Item => ({
  id,
  title,
  done: done === 1,
  createdAt,
})
