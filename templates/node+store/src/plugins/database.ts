import { fileURLToPath } from 'node:url'
import type { Plugin } from '../app.ts'
import { ConfigError } from '../config.ts'
import { migrate } from '../database/migrate.ts'
import { type Database, openDatabase } from '../database.ts'

declare module 'fastify' {
  interface FastifyInstance {
    database: Database
  }
}

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url))

/** The one database of the service, brought up to date before anything uses it. */
const plugin: Plugin = async (app) => {
  const database = await openDatabase(app.env)
  try {
    const applied = await migrate(database, MIGRATIONS)
    app.log.info({ database: database.place, applied }, 'keeps its data')
  } catch (error) {
    await database.close()
    if (error instanceof ConfigError) throw error
    const { message, code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
    throw new ConfigError(`${database.place}: ${message || code}`)
  }
  app.decorate('database', database)
  app.checks.set('database', () => database.ready)
  app.addHook('onClose', () => database.close())
}

export default plugin
