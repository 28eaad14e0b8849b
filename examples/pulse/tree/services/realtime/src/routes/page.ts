import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import files from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import type { Plugin } from '../app.ts'
import { HEADERS } from '../edge.ts'

const PAGE = fileURLToPath(new URL('../../../../web/dist', import.meta.url))

/** Serves a folder as it stands. */
export async function serveFiles(app: FastifyInstance, root: string, prefix = '/'): Promise<void> {
  const setHeaders = (reply: { header(name: string, value: string): unknown }) => {
    for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value)
  }
  await app.register(files, { root, prefix, redirect: true, decorateReply: false, setHeaders })
}

/** The page, as `npm run build` made it of web/. */
const page: Plugin = async (app) => {
  if (!existsSync(PAGE)) app.log.warn('there is no page yet: `npm run build` makes it')
  await serveFiles(app, PAGE)
}

export default page
