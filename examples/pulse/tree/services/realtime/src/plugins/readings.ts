import type { Plugin } from '../app.ts'
import { oneOf } from '../config.ts'
import { Readings } from '../readings.ts'
import { simulate } from '../simulation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readings: Readings
  }
}

const plugin: Plugin = (app) => {
  app.hub.open('readings', {})
  app.decorate('readings', new Readings(app.hub))
  if (oneOf(app.env, 'SIMULATION', ['on', 'off']) === 'off') return
  let stop = () => {}
  app.addHook('onListen', () => {
    stop = simulate(app.readings)
  })
  app.addHook('preClose', async () => stop())
}

export default plugin
