import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import files from '@fastify/static'
import type { Plugin } from '../app.ts'

const PAGE = fileURLToPath(new URL('../../../../web/dist', import.meta.url))
const HEADERS = {
  'content-security-policy': "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

/** The page, as `npm run build` made it of web/. */
const page: Plugin = async (app) => {
  if (!existsSync(PAGE)) app.log.warn('there is no page yet: `npm run build` makes it')
  await app.register(files, {
    root: PAGE,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(HEADERS)) response.header(name, value)
    },
  })
}

export default page
