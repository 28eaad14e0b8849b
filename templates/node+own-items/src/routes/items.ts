import type { Item } from '#contract/items'
import type { Plugin } from '../app.ts'
import { Refusal, serve } from '../contract.ts'

/** The sample resource: replace it, src/items.ts, its migration and the items.yaml files of contract/ by your own. */
const routes: Plugin = (app) => {
  serve(app, 'listItems', ({ cursor, limit }) =>
    app.items.page(limit, cursor === undefined ? undefined : Number(cursor)),
  )

  serve(app, 'addItem', async ({ body, 'idempotency-key': key }, { url }, reply) => {
    const item = await app.items.add(body, key)
    reply.code(201).header('location', `${url}/${item.id}`)
    return item
  })

  serve(app, 'readItem', async ({ id }) => present(await app.items.get(id)))

  serve(app, 'changeItem', async ({ id, body }) => present(await app.items.change(id, body)))

  serve(app, 'removeItem', async ({ id }, _, reply) => {
    if (!(await app.items.remove(id))) throw absent()
    reply.code(204)
  })
}

const absent = () => new Refusal(404, 'There is no item with this id.')

function present(item: Item | undefined): Item {
  if (item) return item
  throw absent()
}

export default routes
