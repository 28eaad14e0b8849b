import { ConfigError, type Environment, NAME, text } from './config.ts'
import { openPostgres } from './database/postgres.ts'
import { openSqlite } from './database/sqlite.ts'

export type Value = string | number | null

/** Both databases take the same SQL: $1, $2, … stand for the values, `returning` gives back what was written. */
export interface Session {
  query<Row>(sql: string, values?: Value[]): Promise<Row[]>
  /** Several statements without values; they may take their time. */
  run(script: string): Promise<void>
}

export interface Database extends Session {
  readonly dialect: 'sqlite' | 'postgres'
  /** Where it is, without secrets. */
  readonly place: string
  /** Whether it answered the last time. */
  readonly ready: boolean
  /** What the work asks of its session counts as a whole, or, when it throws, not at all. */
  transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** PostgreSQL if DATABASE_URL says where; else a file. */
export async function openDatabase(env: Environment): Promise<Database> {
  const url = text(env, 'DATABASE_URL', '')
  if (!url) return openSqlite(text(env, 'DATABASE', `data/${NAME}.sqlite`))
  if (URL.canParse(url) && /^postgres(ql)?:/.test(url)) return openPostgres(url)
  const sample = 'postgres://user:password@127.0.0.1:5432/name'
  throw new ConfigError(`DATABASE_URL: must be an address such as ${sample}`)
}
