import { randomUUID } from 'node:crypto'
import { after } from 'node:test'

const { DATABASE_URL = '' } = process.env

/** A database of one's own until the tests of the file are over: of PostgreSQL if DATABASE_URL says where, else in memory. */
export async function ownDatabase(): Promise<Record<string, string>> {
  if (!DATABASE_URL) return { DATABASE: ':memory:' }
  const { default: pg } = await import('pg')
  const admin = new pg.Client({ connectionString: DATABASE_URL })
  await admin.connect()
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  await admin.query(`create schema ${schema}`)
  after(async () => {
    await admin.query(`drop schema ${schema} cascade`)
    await admin.end()
  })
  const url = new URL(DATABASE_URL)
  url.searchParams.set('options', `-c search_path=${schema}`)
  return { DATABASE_URL: url.href }
}
