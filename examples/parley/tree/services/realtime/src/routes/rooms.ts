import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

const routes: Plugin = (app) => {
  serve(app, 'listRooms', () => app.messages.rooms())

  serve(app, 'listMessages', ({ room, before, limit }) => app.messages.list(room, limit, before))
}

export default routes
