import type { Health } from '#contract/common'
import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

/** Is it alive, is it ready, how does it do. */
const health: Plugin = (app) => {
  let draining = false
  app.addHook('preClose', async () => {
    draining = true
  })

  serve(app, 'isAlive', (): Health => ({ status: 'ok' }))

  serve(app, 'isReady', (_, __, reply): Health => {
    const states = [...app.checks].map(([name, fine]) => [name, fine() ? 'ok' : 'unavailable'])
    const ready = !draining && states.every(([, state]) => state === 'ok')
    reply.code(ready ? 200 : 503)
    return { status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries(states) }
  })

  serve(app, 'readMetrics', async (_, __, reply) => {
    reply.type(app.metrics.contentType)
    return app.metrics.metrics()
  })
}

export default health
