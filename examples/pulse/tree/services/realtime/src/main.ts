import { createApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'

/** Whoever has not ended by then is cut off. */
const DRAIN_MS = 10_000

try {
  const { host, port } = readConfig(process.env)
  const app = await createApp(process.env)
  const drain = async (signal: NodeJS.Signals) => {
    app.log.info({ signal }, 'draining')
    setTimeout(() => process.exit(0), DRAIN_MS).unref()
    await app.close()
    process.exit(0)
  }
  process.once('SIGTERM', drain)
  process.once('SIGINT', drain)
  await app.listen({ host, port })
} catch (error) {
  const known =
    error instanceof ConfigError || (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  console.error(known ? `error: ${(error as Error).message}` : error)
  process.exit(1)
}
