import { addressOf } from '#contract'
import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

/** What the Python service tells goes to every browser that follows the scores. */
const routes: Plugin = (app) => {
  serve(app, 'announce', async ({ body, 'idempotency-key': key }, _, reply) => {
    await app.hub.publish(addressOf('scores'), body, key && `model:${key}`)
    reply.code(204)
  })
}

export default routes
