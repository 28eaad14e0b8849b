import type { Plugin } from '../app.ts'
import { text } from '../config.ts'
import { Items } from '../items.ts'

declare module 'fastify' {
  interface FastifyInstance {
    items: Items
  }
}

const plugin: Plugin = (app) => {
  const items = new Items(text(app.env, 'DATABASE', 'data/items.sqlite'))
  app.decorate('items', items)
  app.addHook('onClose', async () => items.close())
}

export default plugin
