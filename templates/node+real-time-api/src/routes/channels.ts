import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

/** Who publishes over HTTP is nobody in particular. */
const CALLER = { id: 'http', name: 'http' }

const routes: Plugin = (app) => {
  serve<Record<string, unknown>, unknown>(app, 'publish', ({ path, body }, _, reply) => {
    reply.code(202)
    return app.hub.accept(path.channel ?? '', body, CALLER)
  })

  serve(app, 'listMembers', ({ path }) => app.hub.members(path.channel ?? ''))
}

export default routes
