import type { Plugin } from '../app.ts'
import { forward } from '../forward.ts'

/** Language is for services/ml; its answers reach the page through here, as they are written. */
const routes: Plugin = (app) => forward(app, 'ai', 'search', 'classify', 'answer')

export default routes
