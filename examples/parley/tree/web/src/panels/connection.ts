import type { State } from '#client/live'
import { live } from '../live.ts'
import { h, type Panel } from '../page.ts'

const looks = { connecting: 'warn', online: 'good', waiting: 'warn', refused: 'bad' }

function words(state: State): string {
  if (state.name === 'online') return 'Live'
  if (state.name === 'connecting') return 'Connecting'
  if (state.name === 'refused') return `Not allowed to connect. ${state.reason}`
  return navigator.onLine ? 'Connection lost, retrying' : 'You are offline'
}

/** Says in the header how the connection is, and retries at once when the reader asks or returns. */
export default {
  title: 'Connection',
  order: 0,
  width: 'status',
  mount(into) {
    const text = h('span', { class: 'chip', role: 'status' })
    const retry = h(
      'button',
      { type: 'button', class: 'small', click: () => live.wake() },
      'Retry now',
    )
    into.append(retry, text)
    live.watch((state) => {
      text.textContent = words(state)
      text.className = `chip ${looks[state.name]}`
      retry.hidden = state.name !== 'waiting'
    })
    addEventListener('online', () => live.wake())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') live.wake()
    })
    live.connect()
  },
} satisfies Panel
