import { fileURLToPath } from 'node:url'
import { areas, read } from '#contract'
import type { Plugin } from '../app.ts'
import { NAME } from '../config.ts'
import { HEADERS } from '../edge.ts'
import { serveFiles } from './page.ts'

const DOCS = fileURLToPath(new URL('../../../../contract/docs', import.meta.url))

/** The contract to read: a page under /docs/, and what it shows as JSON. */
const docs: Plugin = async (app) => {
  const contract = {
    service: NAME,
    openapi: Object.fromEntries(read('openapi')),
    asyncapi: Object.fromEntries(read('asyncapi')),
    schemas: Object.fromEntries(areas),
  }
  app.get('/docs/contract.json', (_, reply) => reply.headers(HEADERS).send(contract))
  await serveFiles(app, DOCS, '/docs')
}

export default docs
