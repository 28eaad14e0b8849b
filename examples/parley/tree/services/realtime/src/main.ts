import { setTimeout as sleep } from 'node:timers/promises'
import { createApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

try {
  const { host, port, drainWait, drain } = readConfig(process.env)
  const app = await createApp(process.env)

  /** Not ready any more; those who ask nevertheless are served until a balancer has seen that. */
  const end = async (signal: NodeJS.Signals) => {
    for (const again of SIGNALS) process.removeListener(again, end).on(again, () => process.exit(1))
    app.log.info({ signal }, 'draining')
    app.checks.set('staying', () => false)
    await sleep(drainWait)
    setTimeout(() => process.exit(0), drain) // whoever has not ended by then is cut off
    await app.close()
    process.exit(0)
  }
  for (const signal of SIGNALS) process.on(signal, end)

  // A promise that nobody waits for ends here, too. What state all is in then nobody knows.
  process.on('uncaughtException', (error) => {
    app.log.fatal(error)
    process.exit(1)
  })
  await app.listen({ host, port })
} catch (error) {
  const known = error instanceof ConfigError || 'syscall' in (error as Error)
  console.error(known ? `error: ${(error as Error).message}` : error)
  process.exit(1)
}
