import { addressOf } from '#contract'
import type { Plugin } from '../app.ts'

/** Any channel that nobody else claims: any program publishes any object, and hears who else is there. */
const plugin: Plugin = (app) =>
  app.hub.open(addressOf('toAny'), {
    presence: true,
    publish: (_, data) => ({ type: 'custom', data, at: new Date().toISOString() }),
  })

export default plugin
