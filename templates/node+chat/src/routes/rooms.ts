import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

const routes: Plugin = (app) => {
  serve(app, 'listRooms', () => app.messages.rooms())

  serve(app, 'listMessages', ({ path, query: { before, limit = 50 } }) =>
    app.messages.list(path.room ?? '', Number(limit), before?.toString()),
  )
}

export default routes
