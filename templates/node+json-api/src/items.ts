import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Item, ItemChange, NewItem, Items as Page } from '#contract/items'

const TABLE = `
  create table if not exists items (
    number integer primary key autoincrement, -- the order of the pages, and their cursor
    id text not null unique,
    title text not null,
    done integer not null,
    createdAt text not null,
    key text unique -- of the request that made it: a repetition makes nothing new
  ) strict
`

/** Items in a file of SQLite: no server is needed, and one process writes it. */
export class Items {
  #database: DatabaseSync

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true })
    this.#database = new DatabaseSync(file)
    this.#database.exec(`pragma journal_mode = wal; ${TABLE}`)
  }

  add({ title, done = false }: NewItem, key: string | null = null): Item {
    const insert = `
      insert into items (id, title, done, createdAt, key) values (?, ?, ?, ?, ?)
      on conflict (key) do update set key = excluded.key returning *`
    const values = [randomUUID(), title, Number(done), new Date().toISOString(), key] as const
    return itemOf(this.#database.prepare(insert).get(...values)) as Item
  }

  get(id: string): Item | undefined {
    return itemOf(this.#database.prepare('select * from items where id = ?').get(id))
  }

  change(id: string, { title, done }: ItemChange): Item | undefined {
    const update = `
      update items set title = coalesce(?, title), done = coalesce(?, done) where id = ?
      returning *`
    const values = [title ?? null, done === undefined ? null : Number(done), id] as const
    return itemOf(this.#database.prepare(update).get(...values))
  }

  remove(id: string): boolean {
    return this.#database.prepare('delete from items where id = ?').run(id).changes > 0
  }

  /** The newest first. One more than asked for tells whether there is another page. */
  page(limit: number, before?: number): Page {
    const query = 'select * from items where number < ? order by number desc limit ?'
    const rows = this.#database.prepare(query).all(before ?? Number.MAX_SAFE_INTEGER, limit + 1)
    const items = rows.slice(0, limit).flatMap((row) => itemOf(row) ?? [])
    const last = rows[limit - 1]
    return rows.length > limit && last ? { items, next: `${last.number}` } : { items }
  }

  close(): void {
    this.#database.close()
  }
}

function itemOf(row: Record<string, unknown> | undefined): Item | undefined {
  if (!row) return undefined
  const { id, title, done, createdAt } = row
  return { id: `${id}`, title: `${title}`, done: done === 1, createdAt: `${createdAt}` }
}
