import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { ConfigError } from '../config.ts'
import type { Database, Session, Value } from '../database.ts'

/** How long to wait for another process that is writing the same file. */
const BUSY_MS = 5_000

/** A file, or :memory: for none: no server is needed. What was answered is on the disk. */
export function openSqlite(path: string): Database {
  const file = open(path)
  const statements = new Map<string, StatementSync>()
  const statement = (sql: string) => {
    const known = statements.get(sql) ?? file.prepare(sql)
    statements.set(sql, known)
    return known
  }
  const session: Session = {
    query: async <Row>(sql: string, values: Value[] = []) => {
      const named = Object.fromEntries(values.map((value, index) => [index + 1, value]))
      return statement(sql)
        .all(named)
        .map((row) => ({ ...row })) as Row[]
    },
    run: async (script) => file.exec(script),
  }
  // There is one connection: what comes while a transaction runs waits for its end.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>) => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
  return {
    dialect: 'sqlite',
    place: path,
    ready: true,
    query: (sql, values) => inTurn(() => session.query(sql, values)),
    run: (script) => inTurn(() => session.run(script)),
    transaction: (work) =>
      inTurn(async () => {
        file.exec('begin immediate')
        try {
          const result = await work(session)
          file.exec('commit')
          return result
        } catch (error) {
          if (file.isTransaction) file.exec('rollback')
          throw error
        }
      }),
    close: () => inTurn(async () => file.close()),
  }
}

function open(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    const file = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true })
    file.exec('pragma journal_mode = wal')
    return file
  } catch (error) {
    throw new ConfigError(`DATABASE=${path}: ${(error as Error).message}`)
  }
}
