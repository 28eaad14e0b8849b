import type { ClientBase } from 'pg'
import { Refusal } from '../contract.ts'
import type { Database, Session, Value } from '../database.ts'

const CONNECTIONS = 10
/** The server gives up a statement after that, and we a server that says nothing soon after. */
const STATEMENT_MS = 5_000
const SILENT_MS = 6_000
const NO_LIMIT = 2 ** 31 - 1
const PING_MS = 1_000

/** SQLSTATE of a server that is there, but cannot answer now: cut off, full, starting or shutting down. */
const AWAY = /^(08|53|57P)/
/** SQLSTATE of a value that no column takes, such as text with a zero in it. */
const NOT_KEPT = '22'

/** A server, for several instances of the service, or for a database of its own. The driver is loaded only here. */
export async function openPostgres(url: string): Promise<Database> {
  const { default: pg } = await import('pg')
  const { host, pathname } = new URL(url)
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: STATEMENT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: SILENT_MS,
    keepAlive: true,
  })
  // A connection that breaks while nobody uses it is no error: the next query gets a new one.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  let ready = true
  /** Tells a server that is away from a question that is wrong. */
  const asked = async <Result>(work: Promise<Result>) => {
    try {
      const result = await work
      ready = true
      return result
    } catch (error) {
      const code = error instanceof pg.DatabaseError ? `${error.code}` : ''
      if (code.startsWith(NOT_KEPT)) throw new Refusal(422, 'The database cannot keep this.')
      if (code && !AWAY.test(code)) throw error
      ready = false
      throw Object.assign(new Refusal(503, 'The database does not answer.'), { cause: error })
    }
  }
  const session = (client: Pick<ClientBase, 'query'>): Session => ({
    query: async <Row>(sql: string, values: Value[] = []) =>
      (await asked(client.query({ text: sql, values }))).rows as Row[],
    run: async (script) => {
      await asked(client.query({ text: script, query_timeout: NO_LIMIT } as { text: string }))
    },
  })

  const { query, run } = session(pool)
  // Nobody sends requests to a service that is not ready, so it has to look by itself.
  let timer = setTimeout(look, PING_MS).unref()
  function look() {
    const again = () => {
      timer = setTimeout(look, PING_MS).unref()
    }
    query('select 1').then(again, again)
  }
  return {
    dialect: 'postgres',
    place: `PostgreSQL at ${host}${pathname}`,
    get ready() {
      return ready
    },
    query,
    run,
    transaction: async (work) => {
      const client = await asked(pool.connect())
      try {
        await asked(client.query('begin'))
        const result = await work(session(client))
        await asked(client.query('commit'))
        client.release()
        return result
      } catch (error) {
        client.release(true) // which ends the connection, and with it what was begun
        throw error
      }
    },
    close: async () => {
      clearTimeout(timer)
      await pool.end()
    },
  }
}
