import { clientOf } from '#client/http'
import { type Operations, operations } from '#contract/health'
import { h, type Panel } from '../page.ts'
import { token } from '../token.ts'

/** The first thing to see, and the first file to replace: web/src/panels/welcome.ts */
export default {
  title: 'Welcome',
  order: 5,
  mount(into) {
    const state = h('span', { class: 'chip', role: 'status' }, 'Asking the service')
    const show = (className: string, words: string) => {
      state.className = `chip ${className}`
      state.textContent = words
    }
    const service = clientOf<Operations>(operations, { token })
    service.isReady().then(
      ({ status }) => show('good', `The service answers: ${status}`),
      (error: Error) => show('bad', error.message),
    )
    into.append(
      h('p', {}, state),
      h('p', {}, 'Each file in ', h('code', {}, 'web/src/panels'), ' is one panel of this page.'),
    )
  },
} satisfies Panel
