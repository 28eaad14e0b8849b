import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { migrate } from '../src/database/migrate.ts'
import { openDatabase } from '../src/database.ts'
import { ownDatabase } from './database.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
const own = await ownDatabase()
const env = own.DATABASE_URL ? own : { DATABASE: join(folder, 'kept.sqlite') }
const database = await openDatabase(env)
after(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

/** Migrates as another instance of the service does: in a process of its own. */
async function elsewhere(): Promise<string[]> {
  const script = `
    import { migrate } from './database/migrate.ts'
    import { openDatabase } from './database.ts'
    const database = await openDatabase(process.env)
    console.log(JSON.stringify(await migrate(database, ${JSON.stringify(folder)})))
    await database.close()`
  const cwd = join(import.meta.dirname, '../src')
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd,
    env: { ...process.env, DATABASE_URL: '', ...env },
  })
  return JSON.parse(stdout)
}

const write = (name: string, script: string) => writeFileSync(join(folder, name), script)
const numbers = async () => {
  const rows = await database.query<{ number: number }>(
    'select number from numbers order by number',
  )
  return rows.map(({ number }) => number)
}

test('migrations are applied in order, each once, by whichever instance comes first', async () => {
  write('0002-numbers.sql', 'insert into numbers values (1); insert into numbers values (2)')
  write(
    '0001-numbers.sql',
    `create table numbers (number integer not null)
     strict -- sqlite
     ;`,
  )
  const applied = await Promise.all([elsewhere(), elsewhere(), elsewhere()])
  assert.deepEqual(applied.flat().sort(), ['0001-numbers.sql', '0002-numbers.sql'])
  assert.deepEqual(await migrate(database, folder), [])
  assert.deepEqual(await numbers(), [1, 2])
})

test('a migration that fails leaves everything as it was', async () => {
  write('0003-wrong.sql', 'insert into numbers values (3); insert into nowhere values (4)')
  const refusal = /^Error: migrations\/0003-wrong.sql cannot be applied.*nowhere/
  await assert.rejects(migrate(database, folder), refusal)
  assert.deepEqual(await numbers(), [1, 2])
  write('0003-wrong.sql', 'insert into numbers values (3)')
  assert.deepEqual(await migrate(database, folder), ['0003-wrong.sql'])
})

test('what was applied is not edited and not taken away', async () => {
  write('0003-wrong.sql', 'insert into numbers values (4)')
  await assert.rejects(migrate(database, folder), /0003-wrong.sql was edited after/)
  rmSync(join(folder, '0003-wrong.sql'))
  await assert.rejects(migrate(database, folder), /0003-wrong.sql was applied, but is gone/)
  assert.deepEqual(await numbers(), [1, 2, 3])
})

test('a transaction counts as a whole or not at all', async () => {
  const insert = 'insert into numbers values ($1)'
  const broken = database.transaction(async (session) => {
    await session.query(insert, [5])
    throw new Error('changed my mind')
  })
  const aside = database.query(insert, [6])
  await assert.rejects(broken, /changed my mind/)
  await aside
  const two = [7, 8].map((number) => database.query(insert, [number]))
  await database.transaction((session) => session.query(insert, [9]))
  await Promise.all(two)
  assert.deepEqual(await numbers(), [1, 2, 3, 6, 7, 8, 9])
})

test('a server that does not answer is a refusal, and readiness tells', async () => {
  const away = await openDatabase({ DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' })
  after(() => away.close())
  const gone = { statusCode: 503, message: 'The database does not answer.' }
  await assert.rejects(away.query('select 1'), gone)
  await assert.rejects(
    away.transaction(async ({ run }) => run('select 1')),
    gone,
  )
  assert.deepEqual([away.ready, database.ready], [false, true])
})

test('an address that cannot be used is refused, and not told', async () => {
  await assert.rejects(
    openDatabase({ DATABASE_URL: 'mysql://me:secret@host/name' }),
    (error: Error) => /^DATABASE_URL: must be/.test(error.message) && !/secret/.test(error.message),
  )
  await assert.rejects(openDatabase({ DATABASE: folder }), /^Error: DATABASE=.*: unable to open/)
})
