import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../config.ts'
import type { Database, Session } from '../database.ts'

const TABLE = `
  create table if not exists migrations (
    name text primary key,
    checksum text not null,
    at text not null
  )`
/** Any number, so long as nobody else locks it. */
const LOCK = 6_174
/** As long as another instance takes to migrate, and as long as it takes ourselves. */
const ALONE = `set local statement_timeout = 0; select pg_advisory_xact_lock(${LOCK})`

/** Applies what is new in a folder, by the order of names: each file whole or not at all, and once. */
export async function migrate(database: Database, folder: string): Promise<string[]> {
  const names = globSync('*.sql', { cwd: folder }).sort()
  const applied = []
  await alone(database, (session) => check(session, folder, names))
  for (const name of names)
    if (await alone(database, (session) => apply(session, database.dialect, folder, name)))
      applied.push(name)
  return applied
}

/** In a transaction, while no other instance migrates. */
const alone = <Result>(database: Database, work: (session: Session) => Promise<Result>) =>
  database.transaction(async (session) => {
    if (database.dialect === 'postgres') await session.run(ALONE)
    return work(session)
  })

/** What was applied has to be there still, and as it was. */
async function check(session: Session, folder: string, names: string[]): Promise<void> {
  await session.run(TABLE)
  const sql = 'select name, checksum from migrations order by name'
  for (const { name, checksum } of await session.query<{ name: string; checksum: string }>(sql)) {
    if (!names.includes(name))
      throw new ConfigError(
        `migrations/${name} was applied, but is gone: put it back, or delete its row of the table migrations`,
      )
    if (checksum !== checksumOf(read(folder, name)))
      throw new ConfigError(
        `migrations/${name} was edited after it had been applied: undo that, and put the change in a new file`,
      )
  }
}

async function apply(
  session: Session,
  dialect: string,
  folder: string,
  name: string,
): Promise<boolean> {
  const known = await session.query('select 1 from migrations where name = $1', [name])
  if (known.length > 0) return false
  const script = read(folder, name)
  try {
    await session.run(only(dialect, script))
  } catch (error) {
    const { message } = error as Error
    throw new ConfigError(
      `migrations/${name} cannot be applied, and the database is as it was before: ${message}`,
    )
  }
  const insert = 'insert into migrations (name, checksum, at) values ($1, $2, $3)'
  await session.query(insert, [name, checksumOf(script), new Date().toISOString()])
  return true
}

/** A line that ends in `-- sqlite` or `-- postgres` counts there alone. */
const only = (dialect: string, script: string) =>
  script.replace(/^.*-- (sqlite|postgres)$/gm, (line, where) => (where === dialect ? line : ''))

const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8')
const checksumOf = (script: string) => createHash('sha256').update(script).digest('hex')
