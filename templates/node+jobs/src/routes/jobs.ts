import type { Plugin } from '../app.ts'
import { forward } from '../forward.ts'

/** Jobs are done by services/ml; the page reaches them through here. */
const routes: Plugin = (app) =>
  forward(app, 'jobs', 'startJob', 'listJobs', 'readJob', 'cancelJob', 'followJob')

export default routes
