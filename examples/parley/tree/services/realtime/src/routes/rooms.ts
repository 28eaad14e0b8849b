import { addressOf } from '#contract'
import { need } from '../access.ts'
import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'

const PREFIX = addressOf('toRoom')

const routes: Plugin = (app) => {
  serve(app, 'listRooms', async (_, { identity }) => {
    const rooms = await app.messages.rooms()
    return rooms.filter((room) => identity.may('read', PREFIX + room))
  })

  serve(app, 'listMessages', ({ room, before, limit }, request) => {
    need(request, 'read', PREFIX + room)
    return app.messages.list(room, limit, before)
  })
}

export default routes
