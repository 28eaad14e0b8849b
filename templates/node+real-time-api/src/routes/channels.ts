import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

/** Who publishes over HTTP is nobody in particular. */
const CALLER = { id: 'http', name: 'http' }

const routes: Plugin = (app) => {
  serve(app, 'publish', ({ channel, body, 'idempotency-key': key }, _, reply) => {
    reply.code(202)
    return app.hub.accept(channel, body, CALLER, key)
  })

  serve(app, 'listMembers', ({ channel }) => app.hub.members(channel))
}

export default routes
