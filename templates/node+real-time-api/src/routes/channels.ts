import { need } from '../access.ts'
import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

const routes: Plugin = (app) => {
  serve(app, 'publish', ({ channel, body, 'idempotency-key': key }, request, reply) => {
    need(request, 'publish', channel)
    reply.code(202)
    return app.hub.accept(channel, body, request.identity, key)
  })

  serve(app, 'listMembers', ({ channel }, request) => {
    need(request, 'read', channel)
    return app.hub.membersOf(channel)
  })
}

export default routes
