import type { NewReading } from '@repo/contract/readings'
import type { Plugin } from '../app.ts'
import { serve } from '../contract.ts'
import { newTrace } from '../trace.ts'

const routes: Plugin = (app) => {
  serve(app, 'listReadings', ({ query }) => app.readings.latest(Number(query.limit ?? 100)))

  serve<NewReading, unknown>(app, 'addReading', ({ body }, { headers }, reply) => {
    reply.code(202)
    return app.readings.add(body, newTrace(headers.traceparent))
  })
}

export default routes
