import { Gauge } from 'prom-client'
import type { Plugin } from '../app.ts'
import { text, url } from '../config.ts'
import { MlClient } from '../ml.ts'
import { Scorer } from '../scorer.ts'

/** Not a check of readiness: without scores the rest of the service goes on. */
const plugin: Plugin = (app) => {
  const ml = new MlClient(
    url(app.env, 'ML_URL', 'http://127.0.0.1:8000'),
    text(app.env, 'SERVICE_TOKEN', ''),
  )
  const scorer = new Scorer(app.hub, app.readings, ml, app.log)
  new Gauge({
    name: 'scores_pending',
    help: 'Readings that wait for their score',
    registers: [app.metrics],
    collect() {
      this.set(scorer.pending)
    },
  })
  app.addHook('preClose', async () => scorer.close())
}

export default plugin
