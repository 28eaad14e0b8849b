import type { Plugin } from '../app.ts'
import { Items } from '../items.ts'

declare module 'fastify' {
  interface FastifyInstance {
    items: Items
  }
}

const plugin: Plugin = (app) => {
  app.decorate('items', new Items(app.database))
}

export default plugin
